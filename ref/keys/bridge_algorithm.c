/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "bridge_algorithm.h"

#include "common/text.h"

/* Object identifiers without tag and length: pkcs-1 and the NIST hash arc, each less its last
 * number. */
#define OID_PKCS1(last) 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, (last)
#define OID_SHA2(last)  0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, (last)
/* AlgorithmIdentifier { hash }, 13 bytes, no NULL (CSR-04). */
#define HASH_ID(last) 0x30, 0x0B, OID_SHA2(last)

/* 63 bytes: rsassaPss (pkcs-1 10) with [0] hash, [1] mgf1 (pkcs-1 8) of the hash, [2] salt length.
 */
#define PSS_ID(hash, salt)                                                                         \
	{                                                                                          \
		0x30, 0x3D, OID_PKCS1(0x0A), 0x30, 0x30, 0xA0, 0x0D, HASH_ID(hash), 0xA1, 0x1A,    \
		        0x30, 0x18, OID_PKCS1(0x08), HASH_ID(hash), 0xA2, 0x03, 0x02, 0x01, (salt) \
	}
/* 15 bytes: shaNNNWithRSAEncryption with NULL. */
#define PKCS1_ID(last)                                                                             \
	{                                                                                          \
		0x30, 0x0D, OID_PKCS1(last), 0x05, 0x00                                            \
	}

struct bridge_algorithm {
	const char *name;
	const char *aliases[2];
	const EVP_MD *(*md)(void);
	uint8_t pss_id[63];
	uint8_t pkcs1_id[15];
};

static const struct bridge_algorithm algorithms[] = {
        {"SHA256", {"SHA2-256", "SHA-256"}, EVP_sha256, PSS_ID(0x01, 32), PKCS1_ID(0x0B)},
        {"SHA384", {"SHA2-384", "SHA-384"}, EVP_sha384, PSS_ID(0x02, 48), PKCS1_ID(0x0C)},
        {"SHA512", {"SHA2-512", "SHA-512"}, EVP_sha512, PSS_ID(0x03, 64), PKCS1_ID(0x0D)},
};

const struct bridge_algorithm *bridge_algorithm_find(const char *digest_name)
{
	for (size_t i = 0; i < TEXT_COUNT(algorithms); i++) {
		const struct bridge_algorithm *row = &algorithms[i];

		if (text_equal_nocase(row->name, digest_name) ||
		    text_equal_nocase(row->aliases[0], digest_name) ||
		    text_equal_nocase(row->aliases[1], digest_name))
			return row;
	}
	return NULL;
}

const char *bridge_algorithm_name(const struct bridge_algorithm *algorithm)
{
	return algorithm->name;
}

const EVP_MD *bridge_algorithm_md(const struct bridge_algorithm *algorithm)
{
	return algorithm->md();
}

const uint8_t *bridge_algorithm_der(const struct bridge_algorithm *algorithm,
                                    enum key_padding padding, size_t *len)
{
	if (padding == KEY_PADDING_PSS) {
		*len = sizeof(algorithm->pss_id);
		return algorithm->pss_id;
	}
	*len = sizeof(algorithm->pkcs1_id);
	return algorithm->pkcs1_id;
}
