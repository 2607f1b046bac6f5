/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The container: a name in a token under which there is one live key. Get it, or make it, so that
 * any number of threads, processes and machines on one token end up with the same one (KEY-04).
 *
 * PKCS#11 cannot create "unless it exists", so makers look before and after. Whoever finds another
 * key beside the one just made destroys the own one, waits a random moment and begins again; nobody
 * destroys another's. Of two makers, the one who looked and saw only the own key was there first:
 * the other, coming later, sees both. So at most one key stays, with no help from a lock; the lock
 * (pkcs11_turn.h) makes collisions rare. */
#ifndef REF_KEYS_KEYGUARD_CONTAINER_H
#define REF_KEYS_KEYGUARD_CONTAINER_H

#include "common/log.h"
#include "keyguard_sign.h"

struct keyguard_container {
	struct pkcs11_pool *pool;
	const char *label;
	const char *module_path;
	bool existing; /* find only */
	const struct pkcs11_patience *patience;
	const struct log *log;
};

/* The container's pair, found or made, alive (KEY-08): one whose test signature fails is replaced.
 * Find only: KEY_LACK_ABSENT when there is none, KEY_LACK_BROKEN when it does not sign. */
MSIV2_MUST_USE enum msiv2_rc keyguard_container_get(const struct keyguard_container *container,
                                                    struct keyguard_pair *out,
                                                    struct pkcs11_trouble *trouble);

#endif
