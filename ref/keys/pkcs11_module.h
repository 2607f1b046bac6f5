/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A PKCS#11 module: a shared library loaded at run time.
 *
 * C_Initialize and C_Finalize hold for the whole process, so modules are kept in one registry of
 * the process: opening the same file twice gives the same module, the last close finalises it. A
 * module that somebody else in the process had initialised before is used, but neither finalised
 * nor restarted.
 *
 * Whoever calls into the module does so between enter and leave. A restart (the token was away)
 * waits for those inside and makes a new generation: sessions and handles of older ones are gone.
 *
 * fork(): nothing of a module opened before works in the child, as PKCS#11 says; enter then fails
 * in words. Opening it again in the child initialises it there. */
#ifndef REF_KEYS_PKCS11_MODULE_H
#define REF_KEYS_PKCS11_MODULE_H

#include <stdint.h>

#include "pkcs11_error.h"

struct pkcs11_module;

/* How long one is ready to wait. */
struct pkcs11_patience {
	const struct msiv2_clock *clock; /* borrowed */
	int64_t deadline_us;             /* on the clock's monotonic axis */
};

/* Where SoftHSM2 is on this machine; NULL when it is nowhere. Static text. */
const char *pkcs11_module_default(void);

/* Loads and initialises. A file that is not there is KEY_LACK_ABSENT, one that is no PKCS#11 module
 * or does not start KEY_LACK_BROKEN. The caller owns one reference. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_module_open(const char *path,
                                                const struct pkcs11_patience *patience,
                                                struct pkcs11_module **out,
                                                struct pkcs11_trouble *trouble);
/* One reference less; NULL is allowed. */
void pkcs11_module_close(struct pkcs11_module *module);
DEFINE_OWNED_STRUCT(pkcs11_module, pkcs11_module_close)

/* The module's functions, until leave. Fails in a process that was forked since the opening. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_module_enter(struct pkcs11_module *module,
                                                 const CK_FUNCTION_LIST **functions,
                                                 uint64_t *generation,
                                                 struct pkcs11_trouble *trouble);
/* Ends what a successful enter began. */
void pkcs11_module_leave(struct pkcs11_module *module);
/* The path it was first opened by; borrowed. */
const char *pkcs11_module_path(const struct pkcs11_module *module);
/* The process is the one that opened the module. */
bool pkcs11_module_is_ours(const struct pkcs11_module *module);

/* Finalises and initialises, unless somebody has done so since `generation`. Nobody may be inside
 * on the caller's behalf. MSIV2_TIMEOUT when others stay inside too long. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_module_restart(struct pkcs11_module *module,
                                                   uint64_t generation,
                                                   const struct pkcs11_patience *patience,
                                                   struct pkcs11_trouble *trouble);

#endif
