/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/attest_tpm.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/attest_evidence.h"
#include "emulator/pki/rsa_numbers.h"

#define FORMAT           "msiv2-tpm-1"
#define CERTIFICATE_MAX  ((size_t)8 * 1024)
#define HEAD_LEN         6 /* magic and type of a TPMS_ATTEST */
#define NAME_LEN         34
#define EXPONENT_DEFAULT 65537U

/* What the attributes of a key must say. */
struct attribute {
	TPMA_OBJECT bit;
	bool wanted;
	const char *name;
};

static const struct attribute key_attributes[] = {
        {TPMA_OBJECT_SIGN_ENCRYPT, true, "sign"},
        {TPMA_OBJECT_RESTRICTED, false, "restricted"},
        {TPMA_OBJECT_DECRYPT, false, "decrypt"},
        {TPMA_OBJECT_FIXEDTPM, true, "fixedTPM"},
        {TPMA_OBJECT_FIXEDPARENT, true, "fixedParent"},
        {TPMA_OBJECT_SENSITIVEDATAORIGIN, true, "sensitiveDataOrigin"},
};

/* Only a restricted key cannot be made to sign what looks like a TPM's word and is not. */
static const struct attribute identity_attributes[] = {
        {TPMA_OBJECT_SIGN_ENCRYPT, true, "sign"},
        {TPMA_OBJECT_RESTRICTED, true, "restricted"},
        {TPMA_OBJECT_DECRYPT, false, "decrypt"},
        {TPMA_OBJECT_FIXEDTPM, true, "fixedTPM"},
        {TPMA_OBJECT_FIXEDPARENT, true, "fixedParent"},
        {TPMA_OBJECT_SENSITIVEDATAORIGIN, true, "sensitiveDataOrigin"},
};

struct tpm_evidence {
	struct bytes attest;
	struct bytes signature;
	struct bytes public_area;
	struct bytes certificate;
	struct bytes identity; /* empty = not shown */
};

static void evidence_free(struct tpm_evidence *evidence)
{
	bytes_free(&evidence->attest);
	bytes_free(&evidence->signature);
	bytes_free(&evidence->public_area);
	bytes_free(&evidence->certificate);
	bytes_free(&evidence->identity);
}
DEFINE_OWNED_VALUE(tpm_evidence, evidence_free)

/* The structures of the evidence. */
struct tpm_facts {
	TPMS_ATTEST attest;
	TPMT_SIGNATURE signature;
	TPMT_PUBLIC public_area;
	TPMT_PUBLIC identity;
};

static enum msiv2_rc read_evidence(const void *body, size_t len, struct tpm_evidence *out,
                                   struct msiv2_error *err)
{
	const struct attest_member members[] = {
	        {"attest", sizeof(TPMS_ATTEST), false, &out->attest},
	        {"signature", sizeof(TPMT_SIGNATURE), false, &out->signature},
	        {"public", sizeof(TPMT_PUBLIC), false, &out->public_area},
	        {"certificate", CERTIFICATE_MAX, false, &out->certificate},
	        {"identity", sizeof(TPMT_PUBLIC), true, &out->identity},
	};

	return attest_evidence_read(body, len, FORMAT, members, TEXT_COUNT(members), err);
}

/* Exactly one structure, nothing behind it. */
static bool read_public(const struct bytes *in, TPMT_PUBLIC *out)
{
	size_t at = 0;

	return Tss2_MU_TPMT_PUBLIC_Unmarshal(in->data, in->len, &at, out) == TSS2_RC_SUCCESS &&
	       at == in->len;
}

static bool read_signature(const struct bytes *in, TPMT_SIGNATURE *out)
{
	size_t at = 0;

	return Tss2_MU_TPMT_SIGNATURE_Unmarshal(in->data, in->len, &at, out) == TSS2_RC_SUCCESS &&
	       at == in->len;
}

static bool read_attest(const struct bytes *in, TPMS_ATTEST *out)
{
	size_t at = 0;

	return Tss2_MU_TPMS_ATTEST_Unmarshal(in->data, in->len, &at, out) == TSS2_RC_SUCCESS &&
	       at == in->len;
}

static const char *unread_member(const struct tpm_evidence *evidence, struct tpm_facts *out)
{
	if (!read_signature(&evidence->signature, &out->signature))
		return "signature is not a TPMT_SIGNATURE";
	if (!read_public(&evidence->public_area, &out->public_area))
		return "public is not a TPMT_PUBLIC";
	if (evidence->identity.len > 0 && !read_public(&evidence->identity, &out->identity))
		return "identity is not a TPMT_PUBLIC";
	if (out->public_area.type != TPM2_ALG_RSA)
		return "public is not of an RSA key";
	return evidence->attest.len < HEAD_LEN ? "attest is not a TPMS_ATTEST" : NULL;
}

/* RSASSA with SHA-256, as an AK of ours signs. */
static bool refuses_signature(const struct attest_bench *bench, X509 *cert,
                              const struct tpm_evidence *evidence, const TPMT_SIGNATURE *theirs,
                              struct attest_verdict *verdict)
{
	const TPMS_SIGNATURE_RSA *rsa = &theirs->signature.rsassa;
	const struct attest_signature signature = {&evidence->attest, rsa->sig.buffer,
	                                           rsa->sig.size, false};

	if (theirs->sigAlg != TPM2_ALG_RSASSA || rsa->hash != TPM2_ALG_SHA256)
		return attest_breach(bench, verdict, RULE_ATT_SIGNATURE,
		                     "the signature is not RSASSA with SHA-256");
	return attest_refuses_signature(bench, cert, &signature, verdict);
}

static uint32_t big_endian(const uint8_t *at, size_t len)
{
	uint32_t number = 0;

	for (size_t i = 0; i < len; i++)
		number = number << 8 | at[i];
	return number;
}

/* Magic and type stand first, and are looked at before the rest is understood by them. */
static bool refuses_head(const struct attest_bench *bench, const struct bytes *attest,
                         struct attest_verdict *verdict)
{
	if (big_endian(attest->data, 4) != TPM2_GENERATED_VALUE &&
	    attest_breach(bench, verdict, RULE_ATT_TPM_MAGIC,
	                  "magic is not TPM_GENERATED_VALUE: no TPM made this"))
		return true;
	return big_endian(attest->data + 4, 2) != TPM2_ST_ATTEST_CERTIFY &&
	       attest_breach(bench, verdict, RULE_ATT_TPM_TYPE, "the type is not ATTEST_CERTIFY");
}

/* TPM 2.0 Library, Part 1, 16: the name is the algorithm and the digest of the public area. */
static bool is_name_of(const TPM2B_NAME *name, const struct bytes *public_area,
                       const TPMT_PUBLIC *read)
{
	uint8_t wanted[NAME_LEN] = {TPM2_ALG_SHA256 >> 8, TPM2_ALG_SHA256 & 0xff};

	return read->nameAlg == TPM2_ALG_SHA256 && name->size == NAME_LEN &&
	       EVP_Digest(public_area->data, public_area->len, wanted + 2, NULL, EVP_sha256(),
	                  NULL) == 1 &&
	       memcmp(name->name, wanted, NAME_LEN) == 0;
}

static bool refuses_name(const struct attest_bench *bench, const struct tpm_evidence *evidence,
                         const struct tpm_facts *facts, struct attest_verdict *verdict)
{
	const TPMS_ATTEST *attest = &facts->attest;

	return (attest->type != TPM2_ST_ATTEST_CERTIFY ||
	        !is_name_of(&attest->attested.certify.name, &evidence->public_area,
	                    &facts->public_area)) &&
	       attest_breach(bench, verdict, RULE_ATT_TPM_NAME,
	                     "the certified name is not that of the public area");
}

/* The first attribute that is not as it should be, or NULL. */
static const struct attribute *wrong_attribute(TPMA_OBJECT bits, const struct attribute *rows,
                                               size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (((bits & rows[i].bit) != 0) != rows[i].wanted)
			return &rows[i];
	return NULL;
}

static bool refuses_attributes(const struct attest_bench *bench, const TPMT_PUBLIC *public_area,
                               struct attest_verdict *verdict)
{
	const struct attribute *wrong = wrong_attribute(public_area->objectAttributes,
	                                                key_attributes, TEXT_COUNT(key_attributes));

	return wrong != NULL && attest_breach(bench, verdict, RULE_ATT_TPM_ATTRIBUTES, "%s is %s",
	                                      wrong->name, wrong->wanted ? "clear" : "set");
}

/* Modulus and exponent as big-endian numbers. */
static void read_numbers(const TPMT_PUBLIC *public_area, struct bytes *n, struct bytes *e)
{
	const TPM2B_PUBLIC_KEY_RSA *modulus = &public_area->unique.rsa;
	uint32_t exponent = public_area->parameters.rsaDetail.exponent;

	bytes_add(n, modulus->buffer, modulus->size);
	if (exponent == 0) /* Part 2, 12.2.3.5: zero stands for the default */
		exponent = EXPONENT_DEFAULT;
	for (int shift = 24; shift >= 0; shift -= 8)
		if (exponent >> shift != 0)
			bytes_add_byte(e, (uint8_t)(exponent >> shift));
}

static bool refuses_key(const struct attest_bench *bench, const TPMT_PUBLIC *public_area,
                        struct attest_verdict *verdict)
{
	OWNED_STRUCT(bytes) n = {0};
	OWNED_STRUCT(bytes) e = {0};

	read_numbers(public_area, &n, &e);
	if (n.failed || e.failed) {
		verdict->n.failed = true; /* attest_verdict_done() reports it */
		return false;
	}
	return attest_refuses_key(bench, &n, &e, verdict);
}

/* The public area is that of the certificate's key. */
static bool is_key_of(X509 *cert, const TPMT_PUBLIC *public_area)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	OWNED_STRUCT(bytes) n = {0}, e = {0};
	OWNED_STRUCT(bytes) raw_n = {0}, raw_e = {0};
	OWNED_STRUCT(bytes) their_n = {0}, their_e = {0};

	read_numbers(public_area, &raw_n, &raw_e);
	base64url_encode(raw_n.data, raw_n.len, &their_n);
	base64url_encode(raw_e.data, raw_e.len, &their_e);
	return key != NULL && EVP_PKEY_is_a(key, "RSA") &&
	       rsa_numbers(key, &n, &e, NULL) == MSIV2_OK && !their_n.failed && !their_e.failed &&
	       text_equal(bytes_text(&n), bytes_text(&their_n)) &&
	       text_equal(bytes_text(&e), bytes_text(&their_e));
}

/* What is wrong with the attestation key, or NULL. */
static const char *identity_fault(X509 *cert, const TPMT_PUBLIC *identity)
{
	const TPMT_RSA_SCHEME *scheme = &identity->parameters.rsaDetail.scheme;

	if (identity->type != TPM2_ALG_RSA || !is_key_of(cert, identity))
		return "not the certificate's key";
	if (wrong_attribute(identity->objectAttributes, identity_attributes,
	                    TEXT_COUNT(identity_attributes)) != NULL)
		return "not a restricted signing key of this TPM";
	if (scheme->scheme != TPM2_ALG_RSASSA || scheme->details.rsassa.hashAlg != TPM2_ALG_SHA256)
		return "not one for RSASSA with SHA-256";
	return NULL;
}

static bool refuses_identity(const struct attest_bench *bench, X509 *cert,
                             const struct tpm_evidence *evidence, const TPMT_PUBLIC *identity,
                             struct attest_verdict *verdict)
{
	const char *fault;

	if (evidence->identity.len == 0)
		return attest_breach(bench, verdict, RULE_ATT_TPM_IDENTITY_SHOWN,
		                     "the attestation key's public area is not shown");
	fault = identity_fault(cert, identity);
	return fault != NULL && attest_breach(bench, verdict, RULE_ATT_TPM_IDENTITY,
	                                      "the attestation key is %s", fault);
}

/* Judges the structures; true = refused. */
static bool refuses_facts(const struct attest_bench *bench, X509 *cert,
                          const struct tpm_evidence *evidence, struct tpm_facts *facts,
                          struct attest_verdict *verdict)
{
	const TPM2B_DATA *nonce = &facts->attest.extraData;

	if (refuses_identity(bench, cert, evidence, &facts->identity, verdict) ||
	    refuses_signature(bench, cert, evidence, &facts->signature, verdict) ||
	    refuses_head(bench, &evidence->attest, verdict))
		return true;
	if (!read_attest(&evidence->attest, &facts->attest)) {
		attest_refuse(bench, verdict, RULE_ATT_EVIDENCE, "attest is not a TPMS_ATTEST");
		return true;
	}
	return refuses_name(bench, evidence, facts, verdict) ||
	       refuses_attributes(bench, &facts->public_area, verdict) ||
	       refuses_key(bench, &facts->public_area, verdict) ||
	       attest_refuses_nonce(bench, nonce->buffer, nonce->size, verdict);
}

enum msiv2_rc attest_tpm_judge(const void *body, size_t len, const struct attest_bench *bench,
                               struct attest_verdict *out, struct msiv2_error *err)
{
	OWNED_STRUCT(tpm_evidence) evidence = {0};
	OWNED(X509) *cert = NULL;
	struct tpm_facts facts = {0};
	struct msiv2_error why = {0};
	enum msiv2_rc rc = read_evidence(body, len, &evidence, &why);
	const char *unread;

	if (rc != MSIV2_OK)
		return attest_refuse_unread(bench, rc, &why, out, err);
	unread = unread_member(&evidence, &facts);
	if (unread != NULL) {
		attest_refuse(bench, out, RULE_ATT_EVIDENCE, "%s", unread);
		return MSIV2_OK;
	}
	if (attest_refuses_certificate(bench, ATTEST_TPM, &evidence.certificate, &cert, out))
		return MSIV2_OK;
	if (refuses_facts(bench, cert, &evidence, &facts, out))
		return MSIV2_OK;
	return attest_verdict_done(out, err);
}
