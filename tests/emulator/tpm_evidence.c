/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_evidence.h"

#include "tests/testing.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "common/text.h"
#include "common/x509.h"

TPMT_PUBLIC tpm_public_template(bool restricted)
{
	TPMT_PUBLIC public_area = {
	        .type = TPM2_ALG_RSA,
	        .nameAlg = TPM2_ALG_SHA256,
	        .objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |
	                            TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
	                            TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
	        .parameters.rsaDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
	                                 .scheme.scheme = TPM2_ALG_NULL,
	                                 .keyBits = 2048},
	        .unique.rsa.size = 0,
	};

	if (!restricted)
		return public_area;
	public_area.objectAttributes |= TPMA_OBJECT_RESTRICTED;
	public_area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
	public_area.parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
	return public_area;
}

static void set_modulus(EVP_PKEY *key, TPMT_PUBLIC *out)
{
	OWNED(BIGNUM) *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	out->unique.rsa.size = (UINT16)BN_bn2bin(n, out->unique.rsa.buffer);
}

static void begin(const struct attest_lab *lab, struct tpm_draft *draft)
{
	*draft = (struct tpm_draft){
	        .lab = lab,
	        .key = tpm_public_template(false),
	        .identity = tpm_public_template(true),
	        .signer = lab->identity,
	        .md = EVP_sha256(),
	        .ca = lab->ca,
	        .kind = ATTEST_TPM,
	        .show_identity = true,
	};
	set_modulus(lab->subject, &draft->key);
	set_modulus(lab->identity, &draft->identity);
	draft->attest.magic = TPM2_GENERATED_VALUE;
	draft->attest.type = TPM2_ST_ATTEST_CERTIFY;
	draft->attest.extraData.size = ATTEST_NONCE_LEN;
	memcpy(draft->attest.extraData.buffer, lab_nonce, ATTEST_NONCE_LEN);
	draft->attest.clockInfo.safe = TPM2_YES;
}

static void add_public(const TPMT_PUBLIC *public_area, struct bytes *out)
{
	uint8_t buffer[sizeof(TPMT_PUBLIC)];
	size_t len = 0;

	assert_int_equal(Tss2_MU_TPMT_PUBLIC_Marshal(public_area, buffer, sizeof(buffer), &len),
	                 TSS2_RC_SUCCESS);
	bytes_add(out, buffer, len);
}

static void name_key(struct tpm_draft *draft)
{
	TPM2B_NAME *name = &draft->attest.attested.certify.name;
	OWNED_STRUCT(bytes) public_area = {0};
	TPMI_ALG_HASH algorithm;

	if (draft->keep_name)
		return;
	add_public(&draft->key, &public_area);
	name->size = 34;
	algorithm = draft->name_says_sha256 ? TPM2_ALG_SHA256 : draft->key.nameAlg;
	name->name[0] = (uint8_t)(algorithm >> 8);
	name->name[1] = (uint8_t)algorithm;
	assert_int_equal(EVP_Digest(public_area.data, public_area.len, name->name + 2, NULL,
	                            EVP_sha256(), NULL),
	                 1);
}

static void add_attest(const struct tpm_draft *draft, struct bytes *out)
{
	uint8_t buffer[sizeof(TPMS_ATTEST)];
	size_t len = 0;

	assert_int_equal(Tss2_MU_TPMS_ATTEST_Marshal(&draft->attest, buffer, sizeof(buffer), &len),
	                 TSS2_RC_SUCCESS);
	if (draft->no_magic)
		memset(buffer, 0, 4);
	bytes_add(out, buffer, len - draft->cut);
	for (size_t i = 0; i < draft->tail; i++)
		bytes_add_byte(out, 0);
}

static void add_signature(const struct tpm_draft *draft, const struct bytes *attest,
                          struct bytes *out)
{
	TPMT_SIGNATURE signature = {.sigAlg = draft->pss ? TPM2_ALG_RSAPSS : TPM2_ALG_RSASSA};
	TPMS_SIGNATURE_RSA *rsa = &signature.signature.rsassa;
	uint8_t buffer[sizeof(TPMT_SIGNATURE)];
	OWNED_STRUCT(bytes) raw = {0};
	size_t len = 0;

	lab_add_signature(draft->signer, attest->data, attest->len, draft->pss, 32, draft->md,
	                  &raw);
	if (draft->flip_signature)
		raw.data[17] ^= 1;
	rsa->hash = draft->hash_said_wrong ? TPM2_ALG_SHA1 : TPM2_ALG_SHA256;
	rsa->sig.size = (UINT16)raw.len;
	memcpy(rsa->sig.buffer, raw.data, raw.len);
	assert_int_equal(Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, buffer, sizeof(buffer), &len),
	                 TSS2_RC_SUCCESS);
	bytes_add(out, buffer, len);
}

static void set_public(cJSON *info, const char *name, const TPMT_PUBLIC *public_area, size_t tail)
{
	OWNED_STRUCT(bytes) raw = {0};

	add_public(public_area, &raw);
	for (size_t i = 0; i < tail; i++)
		bytes_add_byte(&raw, 0);
	lab_set_bytes(info, name, raw.data, raw.len);
}

static void set_certificate(cJSON *info, X509 *cert)
{
	OWNED_STRUCT(bytes) der = {0};

	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	lab_set_bytes(info, "certificate", der.data, der.len);
}

/* Signs what there is and puts the members in place. */
static void finish(struct tpm_draft *draft, cJSON *info)
{
	OWNED(X509) *cert = lab_certify(draft->ca, draft->kind, draft->lab->identity);
	OWNED_STRUCT(bytes) attest = {0};
	OWNED_STRUCT(bytes) signature = {0};

	name_key(draft);
	add_attest(draft, &attest);
	add_signature(draft, &attest, &signature);
	if (draft->flip_attest)
		attest.data[45] ^= 1; /* in the clock, which nobody judges */
	cJSON_AddStringToObject(info, "format", "msiv2-tpm-1");
	lab_set_bytes(info, "attest", attest.data, attest.len);
	lab_set_bytes(info, "signature", signature.data, signature.len);
	set_public(info, "public", &draft->key, draft->public_tail);
	set_certificate(info, cert);
	if (draft->show_identity)
		set_public(info, "identity", &draft->identity, 0);
}

void tpm_evidence_make(const struct attest_lab *lab, const struct tpm_variant *variant,
                       struct bytes *out)
{
	OWNED(cJSON) *body = cJSON_CreateObject();
	cJSON *info = cJSON_AddObjectToObject(body, "AttestationInfo");
	struct tpm_draft draft;

	begin(lab, &draft);
	if (variant->spoil)
		variant->spoil(&draft);
	finish(&draft, info);
	lab_patch(info, variant->info);
	json_print(body, out);
	assert_false(out->failed);
}

void tpm_evidence_put(const struct tpm_parts *parts, struct bytes *out)
{
	OWNED(cJSON) *body = cJSON_CreateObject();
	cJSON *info = cJSON_AddObjectToObject(body, "AttestationInfo");
	uint8_t buffer[sizeof(TPMT_SIGNATURE)];
	size_t len = 0;

	assert_int_equal(
	        Tss2_MU_TPMT_SIGNATURE_Marshal(parts->signature, buffer, sizeof(buffer), &len),
	        TSS2_RC_SUCCESS);
	cJSON_AddStringToObject(info, "format", "msiv2-tpm-1");
	lab_set_bytes(info, "attest", parts->attest->attestationData, parts->attest->size);
	lab_set_bytes(info, "signature", buffer, len);
	set_public(info, "public", parts->key, 0);
	set_certificate(info, parts->certificate);
	if (parts->identity)
		set_public(info, "identity", parts->identity, 0);
	json_print(body, out);
	assert_false(out->failed);
}
