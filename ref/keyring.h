/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The one key of a client: found or made when first wanted, by one caller, while the others wait
 * (KEY-04), the strongest there is (KEY-02). Thread-safe. */
#ifndef REF_KEYRING_H
#define REF_KEYRING_H

#include <openssl/evp.h>

#include "common/own.h"
#include "errand.h"
#include "key_settings.h"
#include "keys/key.h"

struct keyring;

/* Loads the OpenSSL bridge; makes no key yet. `settings` is borrowed for the keyring's life. */
MSIV2_MUST_USE enum msiv2_rc keyring_new(const struct key_settings *settings, struct keyring **out,
                                         struct msiv2_error *err);
/* Frees key and bridge; every EVP_PKEY of it must be gone. NULL is allowed. */
void keyring_free(struct keyring *keyring);
DEFINE_OWNED_STRUCT(keyring, keyring_free)

/* GetOrCreateKey. *key and *pkey (the key through the bridge) are owned by the caller.
 * MSIV2_KEY_UNAVAILABLE when no provider gives a key; MSIV2_TIMEOUT when finding one, or waiting
 * for another caller who does, takes longer than this one has. */
MSIV2_MUST_USE enum msiv2_rc keyring_get(struct keyring *keyring, const struct errand *errand,
                                         struct key **key, EVP_PKEY **pkey,
                                         struct msiv2_error *err);

/* Forgets the key if it is still `failed`, which did not sign: the next caller looks again for the
 * strongest key there is (KEY-08: the device may be back, with another key). */
void keyring_drop(struct keyring *keyring, const struct key *failed);

#endif
