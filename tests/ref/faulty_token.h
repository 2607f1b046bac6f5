/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A token behind the mock module, whose faults a test arms (mock_pkcs11.h). One at a time. */
#ifndef TESTS_REF_FAULTY_TOKEN_H
#define TESTS_REF_FAULTY_TOKEN_H

#include "mock_pkcs11.h"
#include "ref/keys/provider.h"
#include "softhsm_token.h"

extern struct softhsm_token faulty_token;

/* For a whole program: loads the mock module, which stays loaded. */
int faulty_load(void **state);
/* For each test: a token without a fault. */
int faulty_set_up(void **state);
/* After each test. */
int faulty_tear_down(void **state);

/* Sets a fault; NULL = none from now on. */
void faulty_arm(const struct mock_fault *fault);
/* Lets those who hang go on. */
void faulty_release(void);
/* Calls of the armed function since. */
unsigned faulty_calls(void);

/* Where keys are, by the mock module; the system's clock. */
const struct key_place *faulty_place(void);
/* A key there; fails the test when there is none. Owned by the caller. */
struct key *faulty_open(void);
/* There is no key at a place, for this reason, in these words, and no PIN among them. */
void faulty_expect_lack(const struct key_place *place, enum key_lack lack, const char *words);

#endif
