/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The public key of a CSR (CSR-05, RFC 3279 section 2.3.1). Sizes are bounded before any arithmetic
 * is done with them, so that a hostile key costs nothing. */
#ifndef EMULATOR_PKI_CSR_KEY_H
#define EMULATOR_PKI_CSR_KEY_H

#include <openssl/evp.h>

#include "emulator/pki/csr_parts.h"

/* Anything outside is refused unseen: verifying costs time with the cube of the size. */
#define CSR_KEY_MIN_BITS 512
#define CSR_KEY_MAX_BITS 8192

struct csr_key {
	struct der modulus;  /* big-endian, no leading zero */
	struct der exponent; /* the same */
	unsigned bits;       /* of the modulus */
};

/* The algorithm is rsaEncryption. */
bool csr_key_is_rsa(const struct csr_algorithm *algorithm);
/* A name for the algorithm of a key, or NULL for one unknown here. */
const char *csr_key_name(const struct csr_algorithm *algorithm);
/* The parameters are exactly NULL. */
bool csr_key_has_null(const struct csr_algorithm *algorithm);

/* Reads an RSAPublicKey; NULL when it can be used, otherwise why not (static text). */
const char *csr_key_read(struct der rsa_public_key, struct csr_key *out);

/* The key as OpenSSL wants it; NULL when it does not. Owned by the caller. */
EVP_PKEY *csr_key_load(const struct csr_key *key);

#endif
