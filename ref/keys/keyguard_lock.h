/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One at a time makes a key: threads and processes of one machine take turns by a lock on the
 * module's own file (flock: released by the system whatever happens to its owner, no file of ours
 * needed). The lock saves work and makes the usual case orderly; that there is one key in the end
 * does not hang on it (keyguard_container.h), so nobody can block us for long by holding it. */
#ifndef REF_KEYS_KEYGUARD_LOCK_H
#define REF_KEYS_KEYGUARD_LOCK_H

#include "common/own.h"
#include "pkcs11_module.h"

struct keyguard_lock {
	int fd; /* 0 = none held: descriptors 0 to 2 are never used */
};

/* Takes the lock of this module's file, or gives up after a while or at the deadline and goes on
 * without. */
void keyguard_lock_take(struct keyguard_lock *lock, const char *module_path,
                        const struct pkcs11_patience *patience);
/* Gives it back, when it is held. */
void keyguard_lock_release(struct keyguard_lock *lock);
DEFINE_OWNED_VALUE(keyguard_lock, keyguard_lock_release)

#endif
