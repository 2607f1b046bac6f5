/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* HOUSE (docs/attestation.md): the enclave identity, its certificate in the token, and the
 * statement it signs about a key. */
#ifndef REF_KEYS_KEYGUARD_ATTEST_H
#define REF_KEYS_KEYGUARD_ATTEST_H

#include "keyguard_key.h"

#define KEYGUARD_IDENTITY "msiv2-enclave-identity"

/* The identity's pair and a certificate for it are in the token. Asks the token. */
bool keyguard_attest_ready(struct keyguard_key *key);
/* key_ops.attest */
MSIV2_MUST_USE enum msiv2_rc keyguard_attest(struct keyguard_key *key, const char *nonce,
                                             int64_t now_s, struct bytes *out,
                                             struct msiv2_error *err);
/* Puts the identity's certificate into the token and takes older ones away. One for another key is
 * refused. */
MSIV2_MUST_USE enum msiv2_rc keyguard_attest_enrol(struct pkcs11_pool *pool,
                                                   const struct pkcs11_patience *patience,
                                                   const void *cert_der, size_t len,
                                                   struct pkcs11_trouble *trouble);

#endif
