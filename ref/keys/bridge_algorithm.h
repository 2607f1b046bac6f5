/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The signature algorithms of the bridge as a table: SHA-256, SHA-384 and SHA-512, each with the
 * DER of its AlgorithmIdentifier for either padding (CSR-04, RFC 4055 sections 3.1 and 5). Pure. */
#ifndef REF_KEYS_BRIDGE_ALGORITHM_H
#define REF_KEYS_BRIDGE_ALGORITHM_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "key.h"

struct bridge_algorithm;

/* By any name OpenSSL has for the digest ("SHA256", "SHA2-256", ...); NULL for any other digest. */
const struct bridge_algorithm *bridge_algorithm_find(const char *digest_name);
/* OpenSSL's name. */
const char *bridge_algorithm_name(const struct bridge_algorithm *algorithm);
/* The digest; static. */
const EVP_MD *bridge_algorithm_md(const struct bridge_algorithm *algorithm);
/* DER of the AlgorithmIdentifier; static, *len receives its length. For PSS: the hash without NULL,
 * MGF1 with the same hash, salt as long as the digest, trailerField left out. */
const uint8_t *bridge_algorithm_der(const struct bridge_algorithm *algorithm,
                                    enum key_padding padding, size_t *len);

#endif
