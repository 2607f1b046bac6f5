/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The one key of a client: made when first wanted, by one caller, while the others wait (KEY-04).
 * Thread-safe. */
#ifndef REF_KEYRING_H
#define REF_KEYRING_H

#include <openssl/evp.h>

#include "common/own.h"
#include "errand.h"
#include "keys/key.h"

struct keyring;

/* Loads the OpenSSL bridge; makes no key yet. */
MSIV2_MUST_USE enum msiv2_rc keyring_new(struct keyring **out, struct msiv2_error *err);
/* Frees key and bridge; every EVP_PKEY of it must be gone. NULL is allowed. */
void keyring_free(struct keyring *keyring);
DEFINE_OWNED_STRUCT(keyring, keyring_free)

/* GetOrCreateKey. *key and *pkey (the key through the bridge) are borrowed from the keyring.
 * MSIV2_KEY_UNAVAILABLE when no provider gives a key; MSIV2_TIMEOUT when waiting for
 * another caller's creation takes longer than this one has. */
MSIV2_MUST_USE enum msiv2_rc keyring_get(struct keyring *keyring, const struct errand *errand,
                                         struct key **key, EVP_PKEY **pkey,
                                         struct msiv2_error *err);

#endif
