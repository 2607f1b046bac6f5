/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Signatures by a pair in a token: RSASSA-PSS and RSASSA-PKCS1-v1_5 over a digest made outside. */
#ifndef REF_KEYS_KEYGUARD_SIGN_H
#define REF_KEYS_KEYGUARD_SIGN_H

#include "keyguard_pair.h"

/* Which pair signs; all borrowed. */
struct keyguard_signer {
	struct pkcs11_pool *pool;
	const char *label;
	const uint8_t *modulus;
};

/* Signs a digest made with md: SHA-256, SHA-384 or SHA-512. *sig_len: room on entry, at least
 * KEYGUARD_MODULUS_LEN; length on return. */
MSIV2_MUST_USE enum msiv2_rc keyguard_sign(const struct keyguard_signer *signer,
                                           const struct pkcs11_patience *patience,
                                           enum key_padding padding, const EVP_MD *md,
                                           const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                           size_t *sig_len, struct pkcs11_trouble *trouble);

/* KEY-08: a test signature, verified with the public half. *alive = false with MSIV2_OK when the
 * token works and the key does not; an error when the token does not work. */
MSIV2_MUST_USE enum msiv2_rc keyguard_probe(const struct keyguard_signer *signer,
                                            const struct pkcs11_patience *patience,
                                            EVP_PKEY *public_key, bool *alive,
                                            struct pkcs11_trouble *trouble);

#endif
