/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A key in a token as a `struct key`, and what it keeps alive. */
#ifndef REF_KEYS_KEYGUARD_KEY_H
#define REF_KEYS_KEYGUARD_KEY_H

#include "keyguard_pair.h"

/* HOUSE: a signature that is not made by then is not made at all. */
#define KEYGUARD_SIGN_MS 5000

struct keyguard_key {
	struct pkcs11_pool *pool;
	char *module_path;
	char *token_label;
	char *name;
	struct keyguard_pair pair;
	const struct msiv2_clock *clock; /* borrowed: outlives the key */
};

/* Takes ownership of pool and pair, also on failure; the texts are copied. */
MSIV2_MUST_USE enum msiv2_rc keyguard_key_new(struct pkcs11_pool *pool, struct keyguard_pair *pair,
                                              const struct key_place *place,
                                              const struct msiv2_clock *clock, struct key **out,
                                              struct pkcs11_trouble *trouble);

#endif
