/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/csr_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "common/text.h"
#include "common/x509.h"

DEFINE_OWNED(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_OWNED(OSSL_PARAM, OSSL_PARAM_free)

/* OpenSSL's own bound for large keys; 65537 is what everybody uses. */
#define EXPONENT_MAX_BITS 64

static const uint8_t oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t oid_rsa_pss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
static const uint8_t oid_ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_ed25519[] = {0x2b, 0x65, 0x70};

static const struct key_algorithm {
	struct der oid;
	const char *name;
} key_algorithms[] = {
        {{oid_rsa, sizeof(oid_rsa)}, "rsaEncryption"},
        {{oid_rsa_pss, sizeof(oid_rsa_pss)}, "RSASSA-PSS"},
        {{oid_ec, sizeof(oid_ec)}, "id-ecPublicKey"},
        {{oid_ed25519, sizeof(oid_ed25519)}, "Ed25519"},
};

bool csr_key_is_rsa(const struct csr_algorithm *algorithm)
{
	return der_equal(algorithm->oid, DER_OF(oid_rsa));
}

const char *csr_key_name(const struct csr_algorithm *algorithm)
{
	for (size_t i = 0; i < TEXT_COUNT(key_algorithms); i++) {
		if (der_equal(key_algorithms[i].oid, algorithm->oid))
			return key_algorithms[i].name;
	}
	return NULL;
}

bool csr_key_has_null(const struct csr_algorithm *algorithm)
{
	struct der null;

	return der_only(algorithm->parameters, DER_NULL, &null) && null.len == 0;
}

static unsigned bits_of(struct der magnitude)
{
	unsigned bits = (unsigned)(magnitude.len - 1) * 8;

	for (unsigned top = magnitude.data[0]; top != 0; top >>= 1)
		bits++;
	return bits;
}

static bool is_odd(struct der magnitude)
{
	return (magnitude.data[magnitude.len - 1] & 1) != 0;
}

const char *csr_key_read(struct der rsa_public_key, struct csr_key *out)
{
	struct der key, n, e;

	if (!der_only(rsa_public_key, DER_SEQUENCE, &key) || !der_take(&key, DER_INTEGER, &n) ||
	    !der_only(key, DER_INTEGER, &e))
		return "the public key is not an RSAPublicKey";
	if (!der_positive_integer(n, &out->modulus) || !der_positive_integer(e, &out->exponent))
		return "the modulus or the exponent is not a positive number";
	out->bits = bits_of(out->modulus);
	if (out->bits < CSR_KEY_MIN_BITS || out->bits > CSR_KEY_MAX_BITS)
		return "the modulus is outside 512 to 8192 bits";
	if (!is_odd(out->modulus))
		return "the modulus is even";
	if (bits_of(out->exponent) < 2 || bits_of(out->exponent) > EXPONENT_MAX_BITS ||
	    !is_odd(out->exponent))
		return "the public exponent is not an odd number from 3 to 64 bits";
	return NULL;
}

EVP_PKEY *csr_key_load(const struct csr_key *key)
{
	OWNED(BIGNUM) *n = BN_bin2bn(key->modulus.data, (int)key->modulus.len, NULL);
	OWNED(BIGNUM) *e = BN_bin2bn(key->exponent.data, (int)key->exponent.len, NULL);
	OWNED(OSSL_PARAM_BLD) *builder = OSSL_PARAM_BLD_new();
	OWNED(OSSL_PARAM) *params = NULL;
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *out = NULL;

	if (n == NULL || e == NULL || builder == NULL || ctx == NULL ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return NULL;
	params = OSSL_PARAM_BLD_to_param(builder);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return out;
}
