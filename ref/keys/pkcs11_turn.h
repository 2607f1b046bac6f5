/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Threads and processes of one machine take turns with a module, by flock() on what is there
 * anyway: the module's own file, and the directory it is in. The system releases such a lock
 * whatever happens to its owner, and there is no file of ours to make, protect or leave behind.
 *
 * Turns are a courtesy, not what correctness hangs on: whoever waits too long goes on without, so
 * nobody blocks us by holding one. SoftHSM2 needs the courtesy: a login writes to the token's file,
 * and a process that starts at that moment finds no token. */
#ifndef REF_KEYS_PKCS11_TURN_H
#define REF_KEYS_PKCS11_TURN_H

#include <stdint.h>

#include "common/own.h"

struct pkcs11_patience;

enum pkcs11_turn_for {
	PKCS11_TURN_STATE, /* initialising, finding the token, logging in: milliseconds */
	PKCS11_TURN_MAKE,  /* making a key: taken before PKCS11_TURN_STATE, never after */
};

struct pkcs11_turn {
	int fd; /* 0 = none held: descriptors 0 to 2 are never used */
};

/* Waits for the turn at this module's file, and gives up after a while or at the deadline. */
void pkcs11_turn_take(struct pkcs11_turn *turn, enum pkcs11_turn_for what, const char *module_path,
                      const struct pkcs11_patience *patience);
/* Gives it back, when it is held. */
void pkcs11_turn_release(struct pkcs11_turn *turn);
DEFINE_OWNED_VALUE(pkcs11_turn, pkcs11_turn_release)

#endif
