/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/csr_signature.h"

#include <openssl/rsa.h>

#include "common/text.h"
#include "common/x509.h"

static const uint8_t oid_pss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
static const uint8_t oid_mgf1[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08};
static const uint8_t oid_sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};
static const uint8_t oid_sha256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t oid_sha384[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02};
static const uint8_t oid_sha512[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03};
static const uint8_t oid_sha1_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05};
static const uint8_t oid_sha256_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b};
static const uint8_t oid_sha384_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c};
static const uint8_t oid_sha512_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d};
static const uint8_t oid_sha256_ecdsa[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

static const struct hash {
	struct der oid;
	const char *name;
	const EVP_MD *(*md)(void);
} hashes[] = {
        {{oid_sha1, sizeof(oid_sha1)}, "SHA-1", EVP_sha1},
        {{oid_sha256, sizeof(oid_sha256)}, "SHA-256", EVP_sha256},
        {{oid_sha384, sizeof(oid_sha384)}, "SHA-384", EVP_sha384},
        {{oid_sha512, sizeof(oid_sha512)}, "SHA-512", EVP_sha512},
};

/* Algorithms known by name; those with a hash are verified as PKCS#1 v1.5 where the rules allow it.
 */
static const struct algorithm {
	struct der oid;
	const char *name;
	const EVP_MD *(*md)(void);
} algorithms[] = {
        {{oid_pss, sizeof(oid_pss)}, "RSASSA-PSS", NULL},
        {{oid_sha1_rsa, sizeof(oid_sha1_rsa)}, "sha1WithRSAEncryption", EVP_sha1},
        {{oid_sha256_rsa, sizeof(oid_sha256_rsa)}, "sha256WithRSAEncryption", EVP_sha256},
        {{oid_sha384_rsa, sizeof(oid_sha384_rsa)}, "sha384WithRSAEncryption", EVP_sha384},
        {{oid_sha512_rsa, sizeof(oid_sha512_rsa)}, "sha512WithRSAEncryption", EVP_sha512},
        {{oid_sha256_ecdsa, sizeof(oid_sha256_ecdsa)}, "ecdsa-with-SHA256", NULL},
};

static const struct hash *find_hash(struct der oid)
{
	for (size_t i = 0; i < TEXT_COUNT(hashes); i++) {
		if (der_equal(hashes[i].oid, oid))
			return &hashes[i];
	}
	return NULL;
}

static const struct algorithm *find_algorithm(struct der oid)
{
	for (size_t i = 0; i < TEXT_COUNT(algorithms); i++) {
		if (der_equal(algorithms[i].oid, oid))
			return &algorithms[i];
	}
	return NULL;
}

bool csr_signature_is_pss(const struct csr_algorithm *algorithm)
{
	return der_equal(algorithm->oid, DER_OF(oid_pss));
}

const char *csr_signature_name(const struct csr_algorithm *algorithm)
{
	const struct algorithm *known = find_algorithm(algorithm->oid);

	return known != NULL ? known->name : NULL;
}

const char *csr_hash_name(struct der oid)
{
	const struct hash *hash = find_hash(oid);

	return hash != NULL ? hash->name : "an unknown hash";
}

/* HashAlgorithm: an OID with NULL or nothing (RFC 4055 section 2.1 allows both). */
static bool read_hash(struct der content, struct der *oid, struct csr_pss *out)
{
	struct der null;

	if (!der_take(&content, DER_OID, oid))
		return false;
	if (content.len == 0)
		return true;
	out->hash_null = true;
	return der_only(content, DER_NULL, &null) && null.len == 0;
}

/* MaskGenAlgorithm: id-mgf1 with a HashAlgorithm. */
static bool read_mgf(struct der content, struct csr_pss *out)
{
	struct der oid, hash;

	return der_take(&content, DER_OID, &oid) && der_equal(oid, DER_OF(oid_mgf1)) &&
	       der_only(content, DER_SEQUENCE, &hash) && read_hash(hash, &out->mgf_hash, out);
}

/* An optional [n] EXPLICIT element: absent is fine and leaves *present false. */
static bool take_optional(struct der *in, uint8_t context_tag, uint8_t tag, bool *present,
                          struct der *content)
{
	struct der inside;

	*present = der_peek(in, context_tag);
	if (!*present)
		return true;
	return der_take(in, context_tag, &inside) && der_only(inside, tag, content);
}

bool csr_pss_read(struct der parameters, struct csr_pss *out)
{
	struct der fields, content;
	bool present;

	*out = (struct csr_pss){.hash = DER_OF(oid_sha1),
	                        .mgf_hash = DER_OF(oid_sha1),
	                        .salt_len = 20,
	                        .trailer = 1};
	if (!der_only(parameters, DER_SEQUENCE, &fields))
		return false;
	if (!take_optional(&fields, DER_CONTEXT_0, DER_SEQUENCE, &present, &content) ||
	    (present && !read_hash(content, &out->hash, out)))
		return false;
	if (!take_optional(&fields, DER_CONTEXT_1, DER_SEQUENCE, &present, &content) ||
	    (present && !read_mgf(content, out)))
		return false;
	if (!take_optional(&fields, DER_CONTEXT_2, DER_INTEGER, &present, &content) ||
	    (present && !der_small_integer(content, 1024, &out->salt_len)))
		return false;
	if (!take_optional(&fields, DER_CONTEXT_3, DER_INTEGER, &present, &content) ||
	    (present && !der_small_integer(content, 255, &out->trailer)))
		return false;
	out->trailer_explicit = present;
	return fields.len == 0;
}

bool csr_pss_is_ours(const struct csr_pss *pss)
{
	return der_equal(pss->hash, DER_OF(oid_sha256)) &&
	       der_equal(pss->mgf_hash, DER_OF(oid_sha256)) && pss->salt_len == 32 &&
	       pss->trailer == 1;
}

static bool verify(const struct csr_parts *parts, EVP_PKEY *key, const EVP_MD *md,
                   const struct csr_pss *pss)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *padding = NULL; /* belongs to ctx */

	if (ctx == NULL || EVP_DigestVerifyInit(ctx, &padding, md, NULL, key) != 1)
		return false;
	if (pss != NULL &&
	    (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) <= 0 ||
	     EVP_PKEY_CTX_set_rsa_mgf1_md(padding, find_hash(pss->mgf_hash)->md()) <= 0 ||
	     EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, (int)pss->salt_len) <= 0))
		return false;
	return EVP_DigestVerify(ctx, parts->signature.data, parts->signature.len, parts->info.data,
	                        parts->info.len) == 1;
}

bool csr_signature_verifies(const struct csr_parts *parts, EVP_PKEY *key)
{
	const struct algorithm *algorithm = find_algorithm(parts->signature_algorithm.oid);
	const struct hash *hash;
	struct csr_pss pss;

	if (algorithm == NULL)
		return false;
	if (algorithm->md != NULL)
		return verify(parts, key, algorithm->md(), NULL);
	if (!csr_signature_is_pss(&parts->signature_algorithm) ||
	    !csr_pss_read(parts->signature_algorithm.parameters, &pss))
		return false;
	hash = find_hash(pss.hash);
	/* RFC 4055 section 3.1: trailerField must be 1; find_hash() below must not be NULL. */
	if (hash == NULL || find_hash(pss.mgf_hash) == NULL || pss.trailer != 1)
		return false;
	return verify(parts, key, hash->md(), &pss);
}
