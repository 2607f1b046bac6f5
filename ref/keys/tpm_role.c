/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_role.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "common/rng.h"
#include "common/x509.h"
#include "key.h"

#define WHERE        "key.hardware"
#define DEFAULT_NAME "msiv2"
#define UNIQUE_LEN   32

DEFINE_OWNED(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_OWNED(OSSL_PARAM, OSSL_PARAM_free)

/* KEY-05. noDA: these objects have no password that could be guessed, and without it each power cut
 * after a use counts as a wrong guess until the TPM locks the key (docs/keys.md). */
#define ATTRIBUTES                                                                                 \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |        \
	 TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT)

static enum msiv2_rc mark(struct tpm_role *role, const char *label, const char *name,
                          struct msiv2_error *err)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();

	/* The label's NUL keeps label and name apart. */
	if (ctx == NULL || EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, label, strlen(label) + 1) != 1 ||
	    EVP_DigestUpdate(ctx, name, strlen(name)) != 1 ||
	    EVP_DigestFinal_ex(ctx, role->mark, NULL) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot hash a key's name");
	return MSIV2_OK;
}

enum msiv2_rc tpm_role_of_name(const char *name, struct tpm_role *out, struct msiv2_error *err)
{
	uint32_t number = 0;

	memset(out, 0, sizeof(*out));
	if (name == NULL)
		name = DEFAULT_NAME;
	TRY(mark(out, "msiv2 signing key", name, err));
	for (size_t i = 0; i < sizeof(number); i++)
		number = number << 8 | out->mark[i];
	out->handle = strcmp(name, DEFAULT_NAME) == 0
	                      ? TPM_HANDLE_DEFAULT
	                      : TPM_HANDLE_FIRST_NAMED + number % TPM_HANDLES_NAMED;
	return MSIV2_OK;
}

enum msiv2_rc tpm_role_of_identity(struct tpm_role *out, struct msiv2_error *err)
{
	memset(out, 0, sizeof(*out));
	out->handle = TPM_HANDLE_IDENTITY;
	out->restricted = true;
	return mark(out, "msiv2 attestation key", "", err);
}

enum msiv2_rc tpm_role_of_device(struct tpm_role *out, struct msiv2_error *err)
{
	memset(out, 0, sizeof(*out));
	out->of_device = true;
	return mark(out, "msiv2 device", "", err);
}

enum msiv2_rc tpm_role_of_certificate(struct tpm_role *out, struct msiv2_error *err)
{
	memset(out, 0, sizeof(*out));
	out->handle = TPM_NV_CERTIFICATE;
	return mark(out, "msiv2 attestation key certificate", "", err);
}

static void describe_rsa(const struct tpm_role *role, TPMS_RSA_PARMS *rsa)
{
	rsa->symmetric.algorithm = TPM2_ALG_NULL;
	/* A signing key leaves the scheme open: CSR and TLS 1.3 take PSS, old peers PKCS#1. */
	rsa->scheme.scheme = role->restricted ? TPM2_ALG_RSASSA : TPM2_ALG_NULL;
	if (role->restricted)
		rsa->scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
	rsa->keyBits = KEY_RSA_BITS;
}

/* Quick to make. */
static void describe_ecc(TPMS_ECC_PARMS *ecc)
{
	ecc->symmetric.algorithm = TPM2_ALG_NULL;
	ecc->scheme.scheme = TPM2_ALG_NULL;
	ecc->curveID = TPM2_ECC_NIST_P256;
	ecc->kdf.scheme = TPM2_ALG_NULL;
}

/* Everything but `unique`. */
static void describe(const struct tpm_role *role, TPMT_PUBLIC *area)
{
	memset(area, 0, sizeof(*area));
	area->type = role->of_device ? TPM2_ALG_ECC : TPM2_ALG_RSA;
	area->nameAlg = TPM2_ALG_SHA256;
	area->objectAttributes = ATTRIBUTES | (role->restricted ? TPMA_OBJECT_RESTRICTED : 0);
	area->authPolicy.size = TPM_MARK_LEN;
	memcpy(area->authPolicy.buffer, role->mark, TPM_MARK_LEN);
	if (role->of_device)
		describe_ecc(&area->parameters.eccDetail);
	else
		describe_rsa(role, &area->parameters.rsaDetail);
}

enum msiv2_rc tpm_role_template(const struct tpm_role *role, TPM2B_PUBLIC *out,
                                struct msiv2_error *err)
{
	memset(out, 0, sizeof(*out));
	describe(role, &out->publicArea);
	if (role->of_device)
		return MSIV2_OK;
	out->publicArea.unique.rsa.size = UNIQUE_LEN;
	if (!rng_fill(rng_system(), out->publicArea.unique.rsa.buffer, UNIQUE_LEN))
		return err_set(err, MSIV2_INTERNAL, WHERE, "no random bytes for a new key");
	return MSIV2_OK;
}

static bool same_scheme(const TPMT_RSA_SCHEME *a, const TPMT_RSA_SCHEME *b)
{
	return a->scheme == b->scheme && (a->scheme == TPM2_ALG_NULL ||
	                                  a->details.rsassa.hashAlg == b->details.rsassa.hashAlg);
}

static bool same_rsa(const TPMT_PUBLIC *area, const TPMS_RSA_PARMS *ours)
{
	const TPMS_RSA_PARMS *rsa = &area->parameters.rsaDetail;

	return rsa->symmetric.algorithm == TPM2_ALG_NULL &&
	       same_scheme(&rsa->scheme, &ours->scheme) && rsa->keyBits == KEY_RSA_BITS &&
	       area->unique.rsa.size == KEY_RSA_BITS / 8;
}

bool tpm_role_is(const struct tpm_role *role, const TPMT_PUBLIC *area)
{
	TPMT_PUBLIC ours;

	describe(role, &ours);
	return area->type == ours.type && area->nameAlg == ours.nameAlg &&
	       area->objectAttributes == ours.objectAttributes &&
	       area->authPolicy.size == TPM_MARK_LEN &&
	       memcmp(area->authPolicy.buffer, role->mark, TPM_MARK_LEN) == 0 &&
	       (role->of_device || same_rsa(area, &ours.parameters.rsaDetail));
}

enum msiv2_rc tpm_role_public_key(const TPMT_PUBLIC *area, EVP_PKEY **out, struct msiv2_error *err)
{
	const TPM2B_PUBLIC_KEY_RSA *modulus = &area->unique.rsa;
	uint32_t exponent = area->parameters.rsaDetail.exponent;
	OWNED(BIGNUM) *n = BN_bin2bn(modulus->buffer, modulus->size, NULL);
	OWNED(OSSL_PARAM_BLD) *build = OSSL_PARAM_BLD_new();
	OWNED(OSSL_PARAM) *params = NULL;
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

	/* 0 stands for the usual exponent (TPM 2.0 part 2, 12.2.3.5). */
	if (n == NULL || build == NULL || ctx == NULL ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_RSA_E,
	                             exponent == 0 ? RSA_F4 : exponent) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot prepare the public key");
	params = OSSL_PARAM_BLD_to_param(build);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot copy the public key");
	return MSIV2_OK;
}
