/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Tests of what every kind of key can do are built once for each kind: each links another maker. */
#ifndef TESTS_REF_KEY_UNDER_TEST_H
#define TESTS_REF_KEY_UNDER_TEST_H

#include "ref/keys/key.h"

/* A key of the kind this program is linked for, with a device of its own. Owned by the caller. */
struct key *key_under_test_open(void);
/* Takes the device away again, after the key is freed. */
void key_under_test_close(void);

#endif
