/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "hardware_attest.h"

#include <openssl/x509.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "common/encoding.h"
#include "common/x509.h"
#include "tpm_nv.h"

#define WHERE     "key.attestation"
#define NONCE_LEN 32

DEFINE_OWNED(TPM2B_ATTEST, Esys_Free)
DEFINE_OWNED(TPMT_SIGNATURE, Esys_Free)

static const struct blame certificate_blame = {MSIV2_ATTESTATION_FAILED, WHERE};

/* The certificate is DER and certifies this key. */
static enum msiv2_rc check_certificate(const struct tpm_object *identity, const void *der,
                                       size_t len, struct msiv2_error *err)
{
	OWNED(X509) *cert = NULL;
	OWNED(EVP_PKEY) *ours = NULL;

	TRY(x509_from_der(der, len, &certificate_blame, &cert, err));
	TRY(tpm_role_public_key(&identity->area, &ours, err));
	if (X509_get0_pubkey(cert) == NULL || EVP_PKEY_eq(X509_get0_pubkey(cert), ours) != 1)
		return err_set(err, MSIV2_ATTESTATION_FAILED, WHERE,
		               "the certificate is of another key than this TPM's attestation key");
	return MSIV2_OK;
}

enum msiv2_rc hardware_certificate(struct tpm_context *tpm, const struct tpm_object *identity,
                                   struct bytes *der, bool *enrolled, struct msiv2_error *err)
{
	struct tpm_role role;
	enum msiv2_rc rc;

	*enrolled = false;
	TRY(tpm_role_of_certificate(&role, err));
	TRY(tpm_nv_read(tpm, &role, der, err));
	if (der->len == 0)
		return MSIV2_OK;
	rc = check_certificate(identity, der->data, der->len, err);
	*enrolled = rc == MSIV2_OK;
	return rc == MSIV2_ATTESTATION_FAILED ? MSIV2_OK : rc;
}

enum msiv2_rc hardware_enrol(struct tpm_context *tpm, const struct tpm_object *identity,
                             const void *der, size_t len, struct msiv2_error *err)
{
	struct tpm_role role;

	TRY(check_certificate(identity, der, len, err));
	TRY(tpm_role_of_certificate(&role, err));
	return tpm_nv_write(tpm, &role, der, len, err);
}

static enum msiv2_rc read_nonce(const char *text, TPM2B_DATA *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) nonce = {0};

	if (!base64url_decode(text, strlen(text), &nonce) || nonce.len != NONCE_LEN)
		return err_set(err, MSIV2_ATTESTATION_FAILED, WHERE,
		               "the attestation service's nonce is not base64url of %d bytes",
		               NONCE_LEN);
	out->size = NONCE_LEN;
	memcpy(out->buffer, nonce.data, nonce.len);
	return MSIV2_OK;
}

/* The attestation key and its certificate, both there. */
static enum msiv2_rc find_identity(struct tpm_context *tpm, struct tpm_object *identity,
                                   struct bytes *certificate, struct msiv2_error *err)
{
	struct tpm_role role;
	bool found = false;
	bool enrolled = false;

	TRY(tpm_role_of_identity(&role, err));
	TRY(tpm_object_find(tpm, &role, identity, &found, err));
	if (found)
		TRY(hardware_certificate(tpm, identity, certificate, &enrolled, err));
	if (!enrolled)
		return err_set(err, MSIV2_ATTESTATION_FAILED, WHERE,
		               "this TPM has no attestation key with a certificate of its own; run "
		               "'msiv2 key enrol --keys hardware'");
	return MSIV2_OK;
}

static enum msiv2_rc certify(struct tpm_context *tpm, const struct tpm_object *key,
                             const struct tpm_object *identity, const TPM2B_DATA *nonce,
                             TPM2B_ATTEST **attest, TPMT_SIGNATURE **signature,
                             struct msiv2_error *err)
{
	const TPMT_SIG_SCHEME of_the_key = {.scheme = TPM2_ALG_NULL};
	TSS2_RC rc;

	do
		rc = Esys_Certify(tpm_esys(tpm), key->tr, identity->tr, ESYS_TR_PASSWORD,
		                  ESYS_TR_PASSWORD, ESYS_TR_NONE, nonce, &of_the_key, attest,
		                  signature);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_Certify", rc, err);
	return MSIV2_OK;
}

static void add_member(struct bytes *out, const char *name, const void *data, size_t len)
{
	bytes_addf(out, ",\"%s\":\"", name);
	base64url_encode(data, len, out);
	bytes_add_byte(out, '"');
}

static enum msiv2_rc add_area(struct bytes *out, const char *name, const TPMT_PUBLIC *area,
                              struct msiv2_error *err)
{
	uint8_t marshalled[sizeof(*area)];
	size_t len = 0;

	if (Tss2_MU_TPMT_PUBLIC_Marshal(area, marshalled, sizeof(marshalled), &len) !=
	    TSS2_RC_SUCCESS)
		return err_set(err, MSIV2_INTERNAL, WHERE, "cannot marshal a public area");
	add_member(out, name, marshalled, len);
	return MSIV2_OK;
}

static enum msiv2_rc add_signature(struct bytes *out, const TPMT_SIGNATURE *signature,
                                   struct msiv2_error *err)
{
	uint8_t marshalled[sizeof(*signature)];
	size_t len = 0;

	if (Tss2_MU_TPMT_SIGNATURE_Marshal(signature, marshalled, sizeof(marshalled), &len) !=
	    TSS2_RC_SUCCESS)
		return err_set(err, MSIV2_INTERNAL, WHERE, "cannot marshal a signature");
	add_member(out, "signature", marshalled, len);
	return MSIV2_OK;
}

/* docs/attestation.md: `msiv2-tpm-1`. */
static enum msiv2_rc write_evidence(const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *signature,
                                    const TPMT_PUBLIC *area, const TPMT_PUBLIC *identity,
                                    const struct bytes *certificate, struct bytes *out,
                                    struct msiv2_error *err)
{
	bytes_add_text(out, "{\"format\":\"msiv2-tpm-1\"");
	add_member(out, "attest", attest->attestationData, attest->size);
	TRY(add_signature(out, signature, err));
	TRY(add_area(out, "public", area, err));
	TRY(add_area(out, "identity", identity, err));
	add_member(out, "certificate", certificate->data, certificate->len);
	bytes_add_byte(out, '}');
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc hardware_evidence(struct tpm_context *tpm, struct tpm_object *key, const char *nonce,
                                struct bytes *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) certificate = {0};
	OWNED(TPM2B_ATTEST) *attest = NULL;
	OWNED(TPMT_SIGNATURE) *signature = NULL;
	struct tpm_object identity;
	TPM2B_DATA nonce_bytes = {0};
	enum msiv2_rc rc;

	TRY(read_nonce(nonce, &nonce_bytes, err));
	TRY(tpm_object_attach(tpm, key, err));
	TRY(find_identity(tpm, &identity, &certificate, err));
	rc = certify(tpm, key, &identity, &nonce_bytes, &attest, &signature, err);
	tpm_object_detach(tpm, &identity);
	TRY(rc);
	return write_evidence(attest, signature, &key->area, &identity.area, &certificate, out,
	                      err);
}
