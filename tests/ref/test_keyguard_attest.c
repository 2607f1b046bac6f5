/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The enclave identity, its certificate in the token, and the evidence: made by the provider,
 * judged with OpenSSL and cJSON. Out of memory on the way to a key, too. */
#include "tests/testing.h"

#include <openssl/rsa.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/clock.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/x509.h"
#include "keyguard_bench.h"
#include "mem_fault.h"
#include "softhsm_token.h"

#define NONCE       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define NOW_S       INT64_C(1795000000)
#define YEAR_2100_S INT64_C(4102444800)
#define IDENTITY    "msiv2-enclave-identity"

static struct softhsm_token token;
static const struct key_place place = {0};

static int set_up(void **state)
{
	(void)state;
	softhsm_token_make(&token);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	softhsm_token_drop(&token);
	return 0;
}

static EVP_PKEY *identity_key(void)
{
	OWNED_STRUCT(bytes) spki = {0};
	const unsigned char *at;
	EVP_PKEY *pkey;

	assert_int_equal(keyguard_provider.identity(&place, &spki, NULL), MSIV2_OK);
	at = spki.data;
	pkey = d2i_PUBKEY(NULL, &at, (long)spki.len);
	assert_non_null(pkey);
	assert_ptr_equal(at, spki.data + spki.len);
	return pkey;
}

/* A device CA's certificate for a key. */
static void certify(EVP_PKEY *subject_key, const char *cn, struct bytes *der)
{
	OWNED(EVP_PKEY) *issuer = certificate_p256_key();
	OWNED(X509) *cert =
	        certificate_make(&(struct certificate_recipe){.subject_key = subject_key,
	                                                      .issuer_key = issuer,
	                                                      .cn = cn,
	                                                      .not_after_s = YEAR_2100_S});

	assert_int_equal(x509_to_der(cert, der, NULL), MSIV2_OK);
}

static void enrol(const char *cn, struct bytes *der)
{
	OWNED(EVP_PKEY) *identity = identity_key();
	struct msiv2_error err = {0};

	certify(identity, cn, der);
	if (keyguard_provider.enrol(&place, der->data, der->len, &err) != MSIV2_OK)
		fail_msg("%s", err.message);
}

static void the_identity_is_made_once_and_is_not_the_key(void **state)
{
	OWNED(EVP_PKEY) *first = identity_key();
	OWNED(EVP_PKEY) *second = identity_key();
	OWNED_STRUCT(key) *key = keyguard_bench_open();

	(void)state;
	assert_int_equal(EVP_PKEY_eq(first, second), 1);
	assert_int_equal(EVP_PKEY_eq(first, key_public(key)), 0);
	assert_int_equal(keyguard_bench_count(IDENTITY), 1);
	assert_int_equal(EVP_PKEY_get_bits(first), 2048);
}

static void without_enrolment_it_cannot_be_attested_and_says_what_to_do(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	OWNED_STRUCT(bytes) out = {0};
	struct key_description about;
	struct msiv2_error err = {0};

	(void)state;
	key_describe(key, &about);
	assert_false(about.attestable);
	assert_int_equal(key_attest(key, NONCE, NOW_S, &out, &err), MSIV2_ATTESTATION_FAILED);
	assert_non_null(strstr(err.message, "msiv2 key enrol"));
}

static void decode(const cJSON *evidence, const char *name, struct bytes *raw)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(evidence, name));

	assert_non_null(text);
	assert_true(base64url_decode(text, strlen(text), raw));
}

static bool identity_signed(EVP_PKEY *identity, const struct bytes *statement,
                            const struct bytes *sig)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;

	assert_int_equal(EVP_DigestVerifyInit(ctx, &pctx, EVP_sha256(), NULL, identity), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32), 1);
	return EVP_DigestVerify(ctx, sig->data, sig->len, statement->data, statement->len) == 1;
}

static void check_flag(const cJSON *statement, const char *name, bool is)
{
	const cJSON *item = cJSON_GetObjectItem(statement, name);

	assert_true(cJSON_IsBool(item));
	assert_int_equal(cJSON_IsTrue(item), is);
}

static void check_number(const cJSON *statement, const char *name, EVP_PKEY *public_key)
{
	OWNED_STRUCT(bytes) raw = {0};
	OWNED(BIGNUM) *number = NULL;
	OWNED(BIGNUM) *told = NULL;
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(statement, name));

	assert_true(base64url_decode(text, strlen(text), &raw));
	assert_int_not_equal(raw.data[0], 0);
	told = BN_bin2bn(raw.data, (int)raw.len, NULL);
	assert_int_equal(EVP_PKEY_get_bn_param(public_key, name, &number), 1);
	assert_int_equal(BN_cmp(told, number), 0);
}

static void check_statement(const cJSON *statement, struct key *key)
{
	assert_int_equal(cJSON_GetArraySize(statement), 12);
	assert_true(cJSON_GetObjectItem(statement, "version")->valuedouble == 1);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(statement, "kty")), "RSA");
	check_number(statement, "n", key_public(key));
	check_number(statement, "e", key_public(key));
	check_flag(statement, "sensitive", true);
	check_flag(statement, "always_sensitive", true);
	check_flag(statement, "never_extractable", true);
	check_flag(statement, "local", true);
	check_flag(statement, "token", true);
	check_flag(statement, "extractable", false);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(statement, "nonce")), NONCE);
	assert_true(cJSON_GetObjectItem(statement, "time")->valuedouble == (double)NOW_S);
}

static void the_evidence_is_as_documented_and_signed_by_the_identity(void **state)
{
	const struct blame blame = {MSIV2_INTERNAL, "evidence"};
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	OWNED(EVP_PKEY) *identity = identity_key();
	OWNED_STRUCT(bytes) certificate = {0};
	OWNED_STRUCT(bytes) evidence_text = {0};
	OWNED_STRUCT(bytes) statement_raw = {0};
	OWNED_STRUCT(bytes) sig = {0};
	OWNED_STRUCT(bytes) told_certificate = {0};
	OWNED(cJSON) *evidence = NULL;
	OWNED(cJSON) *statement = NULL;
	struct key_description about;
	struct msiv2_error err = {0};

	(void)state;
	enrol("identity", &certificate);
	key_describe(key, &about);
	assert_true(about.attestable);
	if (key_attest(key, NONCE, NOW_S, &evidence_text, &err) != MSIV2_OK)
		fail_msg("%s", err.message);
	assert_int_equal(
	        json_parse_object(evidence_text.data, evidence_text.len, &blame, &evidence, NULL),
	        MSIV2_OK);
	assert_int_equal(cJSON_GetArraySize(evidence), 4);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(evidence, "format")),
	                    "msiv2-keyguard-1");
	decode(evidence, "statement", &statement_raw);
	assert_int_equal(
	        json_parse_object(statement_raw.data, statement_raw.len, &blame, &statement, NULL),
	        MSIV2_OK);
	check_statement(statement, key);
	decode(evidence, "signature", &sig);
	assert_true(identity_signed(identity, &statement_raw, &sig));
	statement_raw.data[5] ^= 1;
	assert_false(identity_signed(identity, &statement_raw, &sig));
	decode(evidence, "certificate", &told_certificate);
	assert_int_equal(told_certificate.len, certificate.len);
	assert_memory_equal(told_certificate.data, certificate.data, certificate.len);
}

static void a_new_certificate_takes_the_place_of_the_old_one(void **state)
{
	OWNED_STRUCT(bytes) first = {0};
	OWNED_STRUCT(bytes) second = {0};

	(void)state;
	enrol("first", &first);
	assert_int_equal(keyguard_bench_objects(), 2);
	enrol("second", &second);
	assert_int_equal(keyguard_bench_objects(), 2);
}

static void a_certificate_for_another_key_is_refused(void **state)
{
	OWNED(EVP_PKEY) *identity = identity_key();
	OWNED(EVP_PKEY) *other = certificate_rsa_key(2048);
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};

	(void)state;
	assert_non_null(identity);
	certify(other, "other", &der);
	assert_int_equal(keyguard_provider.enrol(&place, der.data, der.len, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.message, "not for this enclave identity"));
	assert_int_equal(keyguard_provider.enrol(&place, "junk", 4, &err), MSIV2_CONFIG);
	assert_int_equal(keyguard_bench_objects(), 1);
}

static void enrolment_before_there_is_an_identity_is_refused(void **state)
{
	OWNED(EVP_PKEY) *other = certificate_rsa_key(2048);
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};

	(void)state;
	certify(other, "other", &der);
	assert_int_equal(keyguard_provider.enrol(&place, der.data, der.len, &err),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "no enclave identity"));
}

static void removing_the_key_leaves_the_identity_and_its_certificate(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	OWNED_STRUCT(bytes) der = {0};

	(void)state;
	assert_non_null(key);
	enrol("identity", &der);
	assert_int_equal(keyguard_provider.remove(&place, NULL), MSIV2_OK);
	assert_int_equal(keyguard_bench_count("msiv2"), 0);
	assert_int_equal(keyguard_bench_objects(), 2);
}

/* Every allocation on the way fails once. A cold start leaves no key behind when it fails. */
static void without_memory_there_is_no_key_and_nothing_is_left(void **state)
{
	enum msiv2_rc rc = MSIV2_INTERNAL;
	unsigned nth = 0;
	struct key *key = NULL;
	enum key_lack lack = KEY_LACK_NONE;

	(void)state;
	key_free(keyguard_bench_open());
	while (rc != MSIV2_OK && nth < 500) {
		mem_fault_everywhere_at(++nth);
		rc = keyguard_bench_try(&place, &key, &lack, NULL);
		mem_fault_everywhere_at(0);
		assert_true(rc == MSIV2_OK || rc == MSIV2_INTERNAL);
		assert_int_equal(rc == MSIV2_OK, key != NULL);
	}
	assert_in_range(nth, 15, 499);
	assert_int_equal(rc, MSIV2_OK);
	key_free(key);
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

static void without_memory_there_is_no_evidence(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	OWNED_STRUCT(bytes) der = {0};
	enum msiv2_rc rc = MSIV2_INTERNAL;

	(void)state;
	enrol("identity", &der);
	for (unsigned nth = 1; rc != MSIV2_OK && nth < 500; nth++) {
		OWNED_STRUCT(bytes) out = {0};

		mem_fault_at(nth);
		rc = key_attest(key, NONCE, NOW_S, &out, NULL);
		mem_fault_at(0);
		assert_true(rc == MSIV2_OK || rc == MSIV2_INTERNAL ||
		            rc == MSIV2_ATTESTATION_FAILED);
	}
	assert_int_equal(rc, MSIV2_OK);
}

#define WITH_TOKEN(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_TOKEN(the_identity_is_made_once_and_is_not_the_key),
	        WITH_TOKEN(without_enrolment_it_cannot_be_attested_and_says_what_to_do),
	        WITH_TOKEN(the_evidence_is_as_documented_and_signed_by_the_identity),
	        WITH_TOKEN(a_new_certificate_takes_the_place_of_the_old_one),
	        WITH_TOKEN(a_certificate_for_another_key_is_refused),
	        WITH_TOKEN(enrolment_before_there_is_an_identity_is_refused),
	        WITH_TOKEN(removing_the_key_leaves_the_identity_and_its_certificate),
	        WITH_TOKEN(without_memory_there_is_no_key_and_nothing_is_left),
	        WITH_TOKEN(without_memory_there_is_no_evidence),
	};

	return cmocka_run_group_tests_name("keyguard_attest", tests, NULL, NULL);
}
