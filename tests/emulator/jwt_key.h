/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Signatures of what an emulator issues, checked with the keys that it publishes and by OpenSSL
 * alone. */
#ifndef TESTS_EMULATOR_JWT_KEY_H
#define TESTS_EMULATOR_JWT_KEY_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "common/bytes.h"
#include "fault_bench.h"

/* Decodes a part of a compact JWT: 0 = header, 1 = payload, 2 = signature. */
bool jwt_key_part(const char *token, int part, struct bytes *out);
/* The token's signature verifies with a key of the published JWKS. */
bool jwt_key_signed_token(struct fault_bench *bench, const char *token);
/* The certificate's signature verifies with the issuer in a bundle of PEM. */
bool jwt_key_signed_certificate(const char *pem, X509 *cert);

#endif
