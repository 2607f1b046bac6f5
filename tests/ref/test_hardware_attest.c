/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Evidence of a hardware key and the enrolment it takes (docs/attestation.md), judged here with
 * OpenSSL and tpm2-tss alone. */
#include "tests/testing.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "certificate_maker.h"
#include "common/encoding.h"
#include "common/x509.h"
#include "hardware_bench.h"
#include "ref/keys/key.h"
#include "ref/keys/tpm_role.h"

#define NO_SESSION  ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE
#define YEAR_2999_S INT64_C(32503680000)
#define NONCE       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" /* 0..31 */

static struct swtpm swtpm;
static struct key_place place;

static int set_up(void **state)
{
	(void)state;
	swtpm_make(&swtpm);
	place = hardware_bench_place(&swtpm);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	swtpm_drop(&swtpm);
	return 0;
}

static EVP_PKEY *identity_key(void)
{
	OWNED_STRUCT(bytes) spki = {0};
	const unsigned char *at;
	EVP_PKEY *pkey;

	assert_int_equal(hardware_provider.identity(&place, &spki, NULL), MSIV2_OK);
	at = spki.data;
	pkey = d2i_PUBKEY(NULL, &at, (long)spki.len);
	assert_non_null(pkey);
	assert_ptr_equal(at, spki.data + spki.len);
	return pkey;
}

static void certificate_of(EVP_PKEY *subject, const char *cn, struct bytes *der)
{
	OWNED(EVP_PKEY) *device_ca = certificate_p256_key();
	OWNED(X509) *cert =
	        certificate_make(&(struct certificate_recipe){.subject_key = subject,
	                                                      .issuer_key = device_ca,
	                                                      .cn = cn,
	                                                      .not_after_s = YEAR_2999_S});

	assert_int_equal(x509_to_der(cert, der, NULL), MSIV2_OK);
}

static void enrol(struct bytes *der)
{
	OWNED(EVP_PKEY) *identity = identity_key();
	struct msiv2_error err = {0};

	certificate_of(identity, "tpm identity NOT FOR PRODUCTION", der);
	if (hardware_provider.enrol(&place, der->data, der->len, &err) != MSIV2_OK)
		fail_msg("no enrolment: %s", err.message);
}

static bool attestable(struct key *key)
{
	struct key_description description = {0};

	key_describe(key, &description);
	return description.attestable;
}

static void the_identity_is_one_rsa_key_made_once(void **state)
{
	OWNED(EVP_PKEY) *first = identity_key();
	OWNED(EVP_PKEY) *second = identity_key();

	(void)state;
	assert_true(EVP_PKEY_is_a(first, "RSA"));
	assert_int_equal(EVP_PKEY_get_bits(first), 2048);
	assert_int_equal(EVP_PKEY_eq(first, second), 1);
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), 1);
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
}

/* ---- the judge ---- */

struct evidence {
	struct bytes attest;
	struct bytes signature;
	struct bytes area;
	struct bytes certificate;
};

static void evidence_free(struct evidence *evidence)
{
	bytes_free(&evidence->attest);
	bytes_free(&evidence->signature);
	bytes_free(&evidence->area);
	bytes_free(&evidence->certificate);
}
DEFINE_OWNED_VALUE(evidence, evidence_free)

static void member(const struct bytes *json, const char *name, struct bytes *out)
{
	char start[32];
	const char *at;

	(void)snprintf(start, sizeof(start), "\"%s\":\"", name);
	at = strstr(bytes_text(json), start);
	assert_non_null(at);
	at += strlen(start);
	assert_true(base64url_decode(at, strcspn(at, "\""), out));
}

static void read_evidence(const struct bytes *json, struct evidence *out)
{
	assert_non_null(strstr(bytes_text(json), "\"format\":\"msiv2-tpm-1\""));
	member(json, "attest", &out->attest);
	member(json, "signature", &out->signature);
	member(json, "public", &out->area);
	member(json, "certificate", &out->certificate);
}

static void check_signature(const struct evidence *evidence)
{
	OWNED(X509) *cert = NULL;
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	const struct blame blame = {MSIV2_INTERNAL, "test"};
	TPMT_SIGNATURE signature = {0};
	size_t at = 0;

	assert_int_equal(Tss2_MU_TPMT_SIGNATURE_Unmarshal(evidence->signature.data,
	                                                  evidence->signature.len, &at, &signature),
	                 TSS2_RC_SUCCESS);
	assert_int_equal(at, evidence->signature.len);
	assert_int_equal(signature.sigAlg, TPM2_ALG_RSASSA);
	assert_int_equal(signature.signature.rsassa.hash, TPM2_ALG_SHA256);
	assert_int_equal(x509_from_der(evidence->certificate.data, evidence->certificate.len,
	                               &blame, &cert, NULL),
	                 MSIV2_OK);
	assert_int_equal(
	        EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, X509_get0_pubkey(cert)), 1);
	assert_int_equal(EVP_DigestVerify(ctx, signature.signature.rsassa.sig.buffer,
	                                  signature.signature.rsassa.sig.size,
	                                  evidence->attest.data, evidence->attest.len),
	                 1);
}

static void check_statement(const struct evidence *evidence)
{
	TPMS_ATTEST attest = {0};
	uint8_t name[2 + 32] = {0x00, 0x0b};
	uint8_t nonce[32];
	size_t at = 0;

	assert_int_equal(Tss2_MU_TPMS_ATTEST_Unmarshal(evidence->attest.data, evidence->attest.len,
	                                               &at, &attest),
	                 TSS2_RC_SUCCESS);
	assert_int_equal(attest.magic, TPM2_GENERATED_VALUE);
	assert_int_equal(attest.type, TPM2_ST_ATTEST_CERTIFY);
	for (uint8_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = i;
	assert_int_equal(attest.extraData.size, sizeof(nonce));
	assert_memory_equal(attest.extraData.buffer, nonce, sizeof(nonce));
	assert_int_equal(EVP_Digest(evidence->area.data, evidence->area.len, name + 2, NULL,
	                            EVP_sha256(), NULL),
	                 1);
	assert_int_equal(attest.attested.certify.name.size, sizeof(name));
	assert_memory_equal(attest.attested.certify.name.name, name, sizeof(name));
}

static void check_area(const struct evidence *evidence, struct key *key)
{
	OWNED(EVP_PKEY) *certified = NULL;
	TPMT_PUBLIC area = {0};
	size_t at = 0;

	assert_int_equal(
	        Tss2_MU_TPMT_PUBLIC_Unmarshal(evidence->area.data, evidence->area.len, &at, &area),
	        TSS2_RC_SUCCESS);
	assert_int_equal(at, evidence->area.len);
	assert_int_equal(area.objectAttributes & (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT), 0);
	assert_int_equal(tpm_role_public_key(&area, &certified, NULL), MSIV2_OK);
	assert_int_equal(EVP_PKEY_eq(certified, key_public(key)), 1);
}

static void evidence_is_what_the_document_says(void **state)
{
	OWNED_STRUCT(key) *key = hardware_bench_open(&place);
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) json = {0};
	OWNED_STRUCT(evidence) evidence = {0};
	struct msiv2_error err = {0};

	(void)state;
	assert_non_null(key);
	enrol(&der);
	assert_true(attestable(key));
	if (key_attest(key, NONCE, 0, &json, &err) != MSIV2_OK)
		fail_msg("no evidence: %s", err.message);
	read_evidence(&json, &evidence);
	assert_int_equal(evidence.certificate.len, der.len);
	assert_memory_equal(evidence.certificate.data, der.data, der.len);
	check_signature(&evidence);
	check_statement(&evidence);
	check_area(&evidence, key);
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
}

/* ---- enrolment ---- */

static void unenrolled(struct key *key)
{
	OWNED_STRUCT(bytes) json = {0};
	struct msiv2_error err = {0};

	assert_false(attestable(key));
	assert_int_equal(key_attest(key, NONCE, 0, &json, &err), MSIV2_ATTESTATION_FAILED);
	assert_int_equal(err.rc, MSIV2_ATTESTATION_FAILED);
	assert_non_null(strstr(err.message, "msiv2 key enrol"));
	assert_int_equal(json.len, 0);
}

static void without_enrolment_there_is_no_evidence(void **state)
{
	OWNED_STRUCT(key) *key = hardware_bench_open(&place);
	OWNED(EVP_PKEY) *identity = NULL;

	(void)state;
	assert_non_null(key);
	unenrolled(key);
	identity = identity_key();
	unenrolled(key);
}

static void an_enrolment_replaces_the_one_before(void **state)
{
	OWNED_STRUCT(key) *key = hardware_bench_open(&place);
	OWNED(EVP_PKEY) *identity = identity_key();
	OWNED_STRUCT(bytes) first = {0};
	OWNED_STRUCT(bytes) longer = {0};
	OWNED_STRUCT(bytes) json = {0};
	OWNED_STRUCT(evidence) evidence = {0};

	(void)state;
	assert_non_null(key);
	enrol(&first);
	certificate_of(identity, "another name, as long as a common name may be, sixty-four",
	               &longer);
	assert_true(longer.len > first.len);
	assert_int_equal(hardware_provider.enrol(&place, longer.data, longer.len, NULL), MSIV2_OK);
	assert_int_equal(key_attest(key, NONCE, 0, &json, NULL), MSIV2_OK);
	read_evidence(&json, &evidence);
	assert_int_equal(evidence.certificate.len, longer.len);
	assert_memory_equal(evidence.certificate.data, longer.data, longer.len);
}

static void a_certificate_of_another_key_or_no_certificate_is_not_enrolled(void **state)
{
	OWNED(EVP_PKEY) *other = certificate_rsa_key(2048);
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};

	(void)state;
	certificate_of(other, "another", &der);
	assert_int_equal(hardware_provider.enrol(&place, der.data, der.len, &err),
	                 MSIV2_ATTESTATION_FAILED);
	assert_non_null(strstr(err.message, "another key"));
	assert_int_equal(hardware_provider.enrol(&place, der.data, der.len - 1, &err),
	                 MSIV2_ATTESTATION_FAILED);
	assert_int_equal(foreign_count(&swtpm, TPM_NV_CERTIFICATE), 0);
}

/* The NV index as somebody else would have it. */
static void define_index(UINT16 size, const void *data)
{
	const TPM2B_NV_PUBLIC area = {.nvPublic = {.nvIndex = TPM_NV_CERTIFICATE,
	                                           .nameAlg = TPM2_ALG_SHA256,
	                                           .attributes = TPMA_NV_OWNERREAD |
	                                                         TPMA_NV_OWNERWRITE |
	                                                         TPMA_NV_AUTHREAD,
	                                           .dataSize = size}};
	TPM2B_MAX_NV_BUFFER chunk = {.size = size};
	const TPM2B_AUTH none = {0};
	struct foreign_client client;
	ESYS_TR index = ESYS_TR_NONE;

	memcpy(chunk.buffer, data, size);
	foreign_open(&swtpm, &client);
	assert_int_equal(
	        Esys_NV_DefineSpace(client.esys, ESYS_TR_RH_OWNER, PASSWORD, &none, &area, &index),
	        TSS2_RC_SUCCESS);
	assert_int_equal(Esys_NV_Write(client.esys, ESYS_TR_RH_OWNER, index, PASSWORD, &chunk, 0),
	                 TSS2_RC_SUCCESS);
	foreign_close(&client);
}

static void half_a_certificate_is_none(void **state)
{
	OWNED_STRUCT(key) *key = hardware_bench_open(&place);
	OWNED(EVP_PKEY) *identity = identity_key();
	OWNED_STRUCT(bytes) der = {0};

	(void)state;
	assert_non_null(key);
	certificate_of(identity, "tpm identity", &der);
	define_index((UINT16)(der.len / 2), der.data);
	unenrolled(key);
}

static void somebody_elses_index_is_refused_and_left_alone(void **state)
{
	OWNED(EVP_PKEY) *identity = identity_key();
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};

	(void)state;
	certificate_of(identity, "tpm identity", &der);
	define_index(16, "not a certificate");
	assert_int_equal(hardware_provider.enrol(&place, der.data, der.len, &err),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "somebody else's"));
	assert_int_equal(foreign_count(&swtpm, TPM_NV_CERTIFICATE), 1);
}

static void what_is_not_a_nonce_is_refused(void **state)
{
	static const char *const bad[] = {"", "AAEC", "not base64url!",
	                                  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	                                  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ"};
	OWNED_STRUCT(key) *key = hardware_bench_open(&place);
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) json = {0};

	(void)state;
	assert_non_null(key);
	enrol(&der);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(key_attest(key, bad[i], 0, &json, NULL), MSIV2_ATTESTATION_FAILED);
	assert_int_equal(json.len, 0);
}

static void enrolment_outlives_the_key_and_the_tpms_restart(void **state)
{
	OWNED_STRUCT(key) *key = NULL;
	OWNED_STRUCT(bytes) der = {0};

	(void)state;
	enrol(&der);
	swtpm_end(&swtpm, 15);
	swtpm_start(&swtpm);
	assert_int_equal(hardware_provider.remove(&place, NULL), MSIV2_OK);
	key = hardware_bench_open(&place);
	assert_non_null(key);
	assert_true(attestable(key));
}

#define ON_TPM(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_TPM(the_identity_is_one_rsa_key_made_once),
	        ON_TPM(evidence_is_what_the_document_says),
	        ON_TPM(without_enrolment_there_is_no_evidence),
	        ON_TPM(an_enrolment_replaces_the_one_before),
	        ON_TPM(a_certificate_of_another_key_or_no_certificate_is_not_enrolled),
	        ON_TPM(half_a_certificate_is_none),
	        ON_TPM(somebody_elses_index_is_refused_and_left_alone),
	        ON_TPM(what_is_not_a_nonce_is_refused),
	        ON_TPM(enrolment_outlives_the_key_and_the_tpms_restart),
	};

	return cmocka_run_group_tests_name("hardware_attest", tests, NULL, NULL);
}
