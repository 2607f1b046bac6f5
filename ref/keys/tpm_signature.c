/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_signature.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "common/text.h"
#include "common/x509.h"
#include "tpm_error.h"

#define WHERE "key.hardware"

DEFINE_OWNED(TPMT_SIGNATURE, Esys_Free)

struct hash_row {
	const char *name;
	TPMI_ALG_HASH tpm;
};

static const struct hash_row hashes[] = {
        {"SHA2-256", TPM2_ALG_SHA256},
        {"SHA2-384", TPM2_ALG_SHA384},
        {"SHA2-512", TPM2_ALG_SHA512},
};

static TPMI_ALG_HASH hash_of(const EVP_MD *md)
{
	for (size_t i = 0; i < TEXT_COUNT(hashes); i++)
		if (EVP_MD_is_a(md, hashes[i].name))
			return hashes[i].tpm;
	return TPM2_ALG_NULL;
}

static enum msiv2_rc prepare(const struct tpm_digest *digest, TPM2B_DIGEST *bytes,
                             TPMT_SIG_SCHEME *scheme, struct msiv2_error *err)
{
	TPMI_ALG_HASH hash = hash_of(digest->md);

	if (hash == TPM2_ALG_NULL || digest->len != (size_t)EVP_MD_get_size(digest->md))
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "a TPM key signs SHA-256, SHA-384 and SHA-512 digests, not %zu "
		               "bytes of %s",
		               digest->len, EVP_MD_get0_name(digest->md));
	scheme->scheme = digest->padding == KEY_PADDING_PSS ? TPM2_ALG_RSAPSS : TPM2_ALG_RSASSA;
	scheme->details.any.hashAlg = hash;
	bytes->size = (UINT16)digest->len;
	memcpy(bytes->buffer, digest->bytes, digest->len);
	return MSIV2_OK;
}

/* rsassa and rsapss have the same layout: hash, signature. */
static enum msiv2_rc take(const TPMT_SIGNATURE *signature, uint8_t *sig, size_t *sig_len,
                          struct msiv2_error *err)
{
	const TPM2B_PUBLIC_KEY_RSA *bytes = &signature->signature.rsassa.sig;

	if (bytes->size > *sig_len)
		return err_set(err, MSIV2_INTERNAL, WHERE, "no room for a signature of %u bytes",
		               (unsigned)bytes->size);
	memcpy(sig, bytes->buffer, bytes->size);
	*sig_len = bytes->size;
	return MSIV2_OK;
}

/* A password on a key of ours, or a key that may not sign: it was not made by us, or not whole. */
static bool key_at_fault(TSS2_RC rc)
{
	TSS2_RC code = rc & (TPM2_RC_FMT1 | 0x3f);

	return (rc & TSS2_RC_LAYER_MASK) == 0 && (rc & TPM2_RC_FMT1) != 0 &&
	       (code == TPM2_RC_AUTH_FAIL || code == TPM2_RC_BAD_AUTH || code == TPM2_RC_KEY ||
	        code == TPM2_RC_ATTRIBUTES || code == TPM2_RC_SCHEME);
}

enum msiv2_rc tpm_signature_make(struct tpm_context *tpm, struct tpm_object *object,
                                 const struct tpm_digest *digest, uint8_t *sig, size_t *sig_len,
                                 bool *dead, struct msiv2_error *err)
{
	const TPMT_TK_HASHCHECK no_ticket = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};
	OWNED(TPMT_SIGNATURE) *signature = NULL;
	TPM2B_DIGEST bytes = {0};
	TPMT_SIG_SCHEME scheme = {0};
	TSS2_RC rc;

	*dead = false;
	TRY(prepare(digest, &bytes, &scheme, err));
	TRY(tpm_object_attach(tpm, object, err));
	do
		rc = Esys_Sign(tpm_esys(tpm), object->tr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		               ESYS_TR_NONE, &bytes, &scheme, &no_ticket, &signature);
	while (tpm_again(tpm, rc));
	*dead = key_at_fault(rc);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_Sign", rc, err);
	return take(signature, sig, sig_len, err);
}

static bool verifies(EVP_PKEY *public_key, const struct tpm_digest *digest, int salt,
                     const uint8_t *sig, size_t sig_len)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, public_key, NULL);
	bool pss = digest->padding == KEY_PADDING_PSS;

	return ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, digest->md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) ==
	               1 &&
	       (!pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) == 1) &&
	       EVP_PKEY_verify(ctx, sig, sig_len, digest->bytes, digest->len) == 1;
}

enum msiv2_rc tpm_signature_check(EVP_PKEY *public_key, const struct tpm_digest *digest,
                                  const uint8_t *sig, size_t sig_len, bool *dead,
                                  struct msiv2_error *err)
{
	bool other_salt;

	*dead = false;
	if (verifies(public_key, digest, RSA_PSS_SALTLEN_DIGEST, sig, sig_len))
		return MSIV2_OK;
	other_salt = digest->padding == KEY_PADDING_PSS &&
	             verifies(public_key, digest, RSA_PSS_SALTLEN_AUTO, sig, sig_len);
	ERR_clear_error();
	*dead = !other_salt;
	if (other_salt)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "this TPM makes PSS signatures with a salt other than the digest's "
		               "length, which TLS and IMDS refuse");
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
	               "the TPM's signature is not by the key it had: the key was replaced, start "
	               "again to use what is there");
}
