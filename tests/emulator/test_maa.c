/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* ATT-03: the attestation service's endpoints, and enrolment. What comes of its tokens:
 * test_attestation.c. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "attest_stage.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/instruments/journal_filter.h"
#include "emulator/nonces.h"
#include "jwt_parts.h"
#include "keyguard_evidence.h"
#include "tpm_evidence.h"

static struct stage stage;
static struct attest_lab lab; /* its device CA is the world's */
static struct device_ca *own_ca;

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, NULL);
	attest_lab_new(&lab);
	own_ca = lab.ca;
	lab.ca = stage.world->device_ca;
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	lab.ca = own_ca;
	attest_lab_free(&lab);
	stage_free(&stage);
	return 0;
}

static int reset_world(void **state)
{
	(void)state;
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	return 0;
}

static void get(const char *path, const char *query)
{
	stage_begin(&stage, "sts", "GET", path, query);
	stage_https(&stage);
}

static void expect_error(int status, const char *code)
{
	const cJSON *error = cJSON_GetObjectItem(stage.json, "error");

	assert_int_equal(stage.response.status, status);
	assert_string_equal(json_text(error, "code"), code);
	assert_true(strlen(json_text(error, "message")) > 0);
	assert_string_equal(stage.notes.error, code);
	assert_null(cJSON_GetObjectItem(stage.json, "token"));
}

static void evidence(const char *nonce, struct bytes *out)
{
	bytes_clear(out);
	keyguard_evidence_good(&lab, lab.subject, nonce, world_now_s(stage.world), out);
}

static void each_nonce_is_another_of_32_bytes(void **state)
{
	OWNED_STRUCT(bytes) one = {0};
	OWNED_STRUCT(bytes) two = {0};
	OWNED_STRUCT(bytes) raw = {0};

	(void)state;
	attest_stage_nonce(&stage, &one);
	assert_int_equal(stage.notes.endpoint, ENDPOINT_ATTEST_NONCE);
	assert_string_equal(stage_answer_header(&stage, "Cache-Control"), "no-store");
	attest_stage_nonce(&stage, &two);
	assert_string_not_equal(bytes_text(&one), bytes_text(&two));
	assert_true(base64url_decode(bytes_text(&one), one.len, &raw));
	assert_int_equal(raw.len, 32);
	assert_int_equal(stage.notes.findings.count, 0);
}

static void evidence_is_exchanged_for_a_token(void **state)
{
	OWNED_STRUCT(bytes) token = {0};
	OWNED_STRUCT(jwt_view) view = {0};
	OWNED(EVP_PKEY) *key = NULL;

	(void)state;
	attest_stage_token(&stage, &lab, lab.subject, &token);
	assert_int_equal(stage.notes.endpoint, ENDPOINT_ATTEST_KEYGUARD);
	assert_int_equal(stage.notes.findings.count, 0);
	assert_string_equal(stage.notes.token_type, "attestation");
	assert_string_equal(stage_answer_header(&stage, "Cache-Control"), "no-store");
	jwt_view_read(bytes_text(&token), &view);
	assert_string_equal(json_text(view.payload, "jti"), stage.notes.token_jti);
	assert_string_equal(json_text(view.payload, "iss"), "https://localhost:1002/maa");
	assert_string_equal(json_text(view.header, "jku"), "https://localhost:1002/maa/certs");
	assert_true(cJSON_GetObjectItem(view.payload, "exp")->valuedouble ==
	            (double)(STAGE_NOW_S + 28800));
	get("/maa/certs", NULL);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(stage.notes.endpoint, ENDPOINT_MAA_CERTS);
	key = jwks_key(bytes_text(&stage.response.body));
	assert_true(jwt_is_signed_by(bytes_text(&token), key));
}

static void the_tokens_life_is_configured(void **state)
{
	struct stage other;
	struct attest_lab here = lab;
	OWNED_STRUCT(bytes) token = {0};
	OWNED_STRUCT(jwt_view) view = {0};

	(void)state;
	stage_new(&other, "{\"attestation_token_lifetime_s\":60}");
	attest_stage_token(&other, &here, lab.subject, &token);
	jwt_view_read(bytes_text(&token), &view);
	assert_true(cJSON_GetObjectItem(view.payload, "exp")->valuedouble ==
	            (double)(STAGE_NOW_S + 60));
	stage_free(&other);
}

static void hardware_evidence_goes_to_its_own_endpoint(void **state)
{
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	stage_mode(&stage, "attest-nonce", "note");
	tpm_evidence_make(&lab, &tpm_variants[0], &body);
	attest_stage_send(&stage, ATTEST_TPM_PATH, bytes_text(&body));
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(stage.notes.endpoint, ENDPOINT_ATTEST_TPM);
	assert_true(stage_found(&stage, RULE_ATT_NONCE, false));
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	expect_error(400, "attest-evidence");
	assert_true(stage_found(&stage, RULE_ATT_EVIDENCE, true));
}

static void a_nonce_is_good_once_and_for_five_minutes(void **state)
{
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) late = {0};
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	attest_stage_nonce(&stage, &nonce);
	attest_stage_nonce(&stage, &late);
	evidence(bytes_text(&nonce), &body);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	assert_int_equal(stage.response.status, 200);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	expect_error(400, "attest-nonce");
	assert_true(stage_found(&stage, RULE_ATT_NONCE, true));
	assert_int_equal(world_clock_advance(&stage.world->clock, 301, NULL), MSIV2_OK);
	evidence(bytes_text(&late), &body);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	expect_error(400, "attest-nonce");
}

static void an_invented_nonce_is_unknown_and_so_is_one_from_before_a_reset(void **state)
{
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	evidence("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", &body);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	expect_error(400, "attest-nonce");
	attest_stage_nonce(&stage, &nonce);
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	evidence(bytes_text(&nonce), &body);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	expect_error(400, "attest-nonce");
}

/* The clock of the statement is judged by the world's. */
static void a_stale_statement_is_refused(void **state)
{
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	attest_stage_nonce(&stage, &nonce);
	keyguard_evidence_good(&lab, lab.subject, bytes_text(&nonce), STAGE_NOW_S - 301, &body);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	expect_error(400, "attest-time");
}

static void an_identity_of_another_world_is_refused(void **state)
{
	struct attest_lab strangers = lab;
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	strangers.ca = lab.other_ca;
	attest_stage_nonce(&stage, &nonce);
	keyguard_evidence_good(&strangers, lab.subject, bytes_text(&nonce), STAGE_NOW_S, &body);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	expect_error(400, "attest-certificate");
}

/* Every fault of both formats, one after another; afterwards the service still serves. */
static void the_service_survives_all_bad_evidence(void **state)
{
	OWNED_STRUCT(bytes) token = {0};

	(void)state;
	for (size_t i = 0; i < keyguard_variant_count; i++) {
		OWNED_STRUCT(bytes) body = {0};
		enum rule_id rule = keyguard_variants[i].rule;

		keyguard_evidence_make(&lab, &keyguard_variants[i], &body);
		attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
		/* The lab's nonce is not the service's; time comes after it. */
		expect_error(400, rule == RULE_COUNT || rule == RULE_ATT_TIME
		                          ? "attest-nonce"
		                          : rule_get(rule)->name);
	}
	for (size_t i = 0; i < tpm_variant_count; i++) {
		OWNED_STRUCT(bytes) body = {0};
		enum rule_id rule = tpm_variants[i].rule;

		tpm_evidence_make(&lab, &tpm_variants[i], &body);
		attest_stage_send(&stage, ATTEST_TPM_PATH, bytes_text(&body));
		expect_error(400, rule == RULE_COUNT ? "attest-nonce" : rule_get(rule)->name);
	}
	attest_stage_token(&stage, &lab, lab.subject, &token);
}

static void frames_are_judged_by_their_rules(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		const char *query;
		const char *type;
		int status;
		enum rule_id rule;
	} rows[] = {
	        {"POST", ATTEST_NONCE, ATTEST_VERSION, NULL, 405, RULE_ATT_METHOD},
	        {"HEAD", ATTEST_NONCE, ATTEST_VERSION, NULL, 405, RULE_ATT_METHOD},
	        {"GET", ATTEST_KEYGUARD_PATH, ATTEST_VERSION, NULL, 405, RULE_ATT_METHOD},
	        {"PUT", ATTEST_TPM_PATH, ATTEST_VERSION, NULL, 405, RULE_ATT_METHOD},
	        {"DELETE", "/maa/certs", NULL, NULL, 405, RULE_ATT_METHOD},
	        {"GET", ATTEST_NONCE, NULL, NULL, 400, RULE_ATT_VERSION},
	        {"GET", ATTEST_NONCE, "api-version=2.0", NULL, 400, RULE_ATT_VERSION},
	        {"GET", ATTEST_NONCE, ATTEST_VERSION "&" ATTEST_VERSION, NULL, 400,
	         RULE_ATT_VERSION},
	        {"POST", ATTEST_KEYGUARD_PATH, NULL, "application/json", 400, RULE_ATT_VERSION},
	        {"POST", ATTEST_KEYGUARD_PATH, ATTEST_VERSION, NULL, 415, RULE_ATT_CONTENT_TYPE},
	        {"POST", ATTEST_TPM_PATH, ATTEST_VERSION, "text/plain", 415, RULE_ATT_CONTENT_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		stage_begin(&stage, "sts", rows[i].method, rows[i].path, rows[i].query);
		if (rows[i].type)
			stage_header(&stage, "Content-Type", rows[i].type);
		stage_body(&stage, "{}");
		stage_https(&stage);
		expect_error(rows[i].status, rule_get(rows[i].rule)->name);
		assert_true(stage_found(&stage, rows[i].rule, true));
		if (rows[i].status == 405)
			assert_non_null(stage_answer_header(&stage, "Allow"));
	}
}

static void a_rule_of_the_frame_can_be_switched_off(void **state)
{
	(void)state;
	stage_mode(&stage, "attest-api-version", "off");
	get(ATTEST_NONCE, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_silent(&stage, RULE_ATT_VERSION));
	stage_mode(&stage, "attest-api-version", "note");
	get(ATTEST_NONCE, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_ATT_VERSION, false));
}

static void certs_ask_for_no_version(void **state)
{
	(void)state;
	get("/maa/certs", NULL);
	assert_int_equal(stage.response.status, 200);
	get("/maa/certs", ATTEST_VERSION);
	assert_int_equal(stage.response.status, 200);
}

static void what_is_not_there_is_not_found(void **state)
{
	static const char *const paths[] = {
	        "/maa",       "/maa/", "/maa/attest", "/maa/attest/memory", "/maa/attest/nonce/x",
	        "/maa/certs/"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		get(paths[i], ATTEST_VERSION);
		expect_error(404, "not_found");
		assert_int_equal(stage.notes.endpoint, ENDPOINT_UNKNOWN);
	}
	get("/maax/certs", NULL);
	assert_int_equal(stage.response.status, 404);
	assert_null(cJSON_GetObjectItem(cJSON_GetObjectItem(stage.json, "error"), "code"));
	get(ATTEST_NONCE, "api-version=%zz");
	expect_error(400, "invalid_request");
}

static void a_body_that_was_cut_is_refused(void **state)
{
	(void)state;
	stage_begin(&stage, "sts", "POST", ATTEST_TPM_PATH, ATTEST_VERSION);
	stage.request.body_too_large = true;
	stage_https(&stage);
	expect_error(413, "invalid_request");
	stage_begin(&stage, "sts", "POST", ATTEST_TPM_PATH, ATTEST_VERSION);
	stage.request.body_truncated = true;
	stage_https(&stage);
	expect_error(400, "invalid_request");
}

/* SEC-01 */
static void the_journal_shows_neither_evidence_nor_token(void **state)
{
	const struct journal_times times = {0};
	const struct journal_filter all = {0};
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) token = {0};
	OWNED(cJSON) *sent = NULL;
	const char *signature;

	(void)state;
	attest_stage_nonce(&stage, &nonce);
	evidence(bytes_text(&nonce), &body);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	assert_int_equal(stage.response.status, 200);
	bytes_add_text(&token, stage_text(&stage, "token"));
	journal_add(stage.world->journal, &stage.request, &stage.response, &stage.notes, &times);
	attest_stage_send(&stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	journal_add(stage.world->journal, &stage.request, &stage.response, &stage.notes, &times);
	assert_int_equal(journal_print(stage.world->journal, &all, JOURNAL_FORM_JSON, &text, NULL),
	                 MSIV2_OK);
	sent = cJSON_Parse(bytes_text(&body));
	signature = json_text(cJSON_GetObjectItem(sent, "AttestationInfo"), "signature");
	assert_null(strstr(bytes_text(&text), signature));
	assert_null(strstr(bytes_text(&text), bytes_text(&nonce)));
	assert_null(strstr(bytes_text(&text), bytes_text(&token)));
	assert_null(strstr(bytes_text(&text), strrchr(bytes_text(&token), '.') + 1));
	assert_non_null(strstr(bytes_text(&text), "\"endpoint\":\"attest-keyguard\""));
	assert_non_null(strstr(bytes_text(&text), "\"rule\":\"ATT-03/attest-nonce\""));
	assert_non_null(strstr(bytes_text(&text), "\"type\":\"attestation\""));
	assert_int_equal(journal_count(stage.world->journal, ENDPOINT_ATTEST_KEYGUARD), 2);
}

/* ---- admin ---- */

static void enrol(const char *kind, EVP_PKEY *key)
{
	OWNED_STRUCT(bytes) body = {0};
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);

	bytes_addf(&body, "{\"kind\":\"%s\",\"public_key\":\"", kind);
	base64url_encode(spki, (size_t)len, &body);
	bytes_add_text(&body, "\"}");
	OPENSSL_free(spki);
	attest_stage_admin(&stage, "POST", "/attestation/enrol", bytes_text(&body));
	stage.request.body = NULL;
}

static void enrolment_gives_a_certificate_of_the_device_ca(void **state)
{
	static const char *const kinds[] = {"keyguard", "tpm"};
	static const struct blame blame = {MSIV2_INTERNAL, "certificate"};
	X509 *authority = device_ca_certificate(stage.world->device_ca);

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(kinds); i++) {
		const char *text;
		OWNED_STRUCT(bytes) der = {0};
		OWNED(X509) *cert = NULL;

		enrol(kinds[i], lab.identity);
		assert_int_equal(stage.response.status, 200);
		text = stage_text(&stage, "certificate");
		assert_true(base64url_decode(text, strlen(text), &der));
		assert_int_equal(x509_from_der(der.data, der.len, &blame, &cert, NULL), MSIV2_OK);
		assert_null(device_ca_fault(authority, cert, (enum attest_kind)i, STAGE_NOW_S));
		assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), lab.identity), 1);
	}
	attest_stage_admin(&stage, "GET", "/attestation/ca.pem", NULL);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage.response.content_type, "application/x-pem-file");
	assert_non_null(strstr(bytes_text(&stage.response.body), "BEGIN CERTIFICATE"));
	assert_null(strstr(bytes_text(&stage.response.body), "PRIVATE"));
}

static void a_bad_enrolment_is_a_problem(void **state)
{
	static const char *const bodies[] = {
	        "",
	        "{}",
	        "[]",
	        "{\"kind\":\"keyguard\"}",
	        "{\"public_key\":\"AAAA\"}",
	        "{\"kind\":\"memory\",\"public_key\":\"AAAA\"}",
	        "{\"kind\":\"tpm\",\"public_key\":\"AAAA\"}",
	        "{\"kind\":\"tpm\",\"public_key\":\"AAA=\"}",
	        "{\"kind\":\"tpm\",\"public_key\":\"\"}",
	        "{\"kind\":1,\"public_key\":\"AAAA\"}",
	        "{\"kind\":\"tpm\",\"public_key\":\"AAAA\",\"more\":1}",
	};
	OWNED(EVP_PKEY) *ec = EVP_EC_gen("P-256");

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		attest_stage_admin(&stage, "POST", "/attestation/enrol", bodies[i]);
		assert_int_equal(stage.response.status, 400);
		assert_string_equal(stage.response.content_type, "application/problem+json");
	}
	enrol("tpm", ec);
	assert_int_equal(stage.response.status, 400);
	attest_stage_admin(&stage, "GET", "/attestation/enrol", NULL);
	assert_int_equal(stage.response.status, 405);
}

static void the_mode_is_read_set_and_reset(void **state)
{
	static const char *const bad[] = {"",
	                                  "{}",
	                                  "{\"mode\":\"on\"}",
	                                  "{\"mode\":true}",
	                                  "{\"mode\":null}",
	                                  "{\"mode\":\"off\",\"more\":1}"};
	static const char *const modes[] = {"required", "optional", "off", "required"};

	(void)state;
	attest_stage_admin(&stage, "GET", "/attestation", NULL);
	assert_string_equal(stage_text(&stage, "mode"), "off");
	for (size_t i = 0; i < TEXT_COUNT(modes); i++) {
		char body[64];

		(void)snprintf(body, sizeof(body), "{\"mode\":\"%s\"}", modes[i]);
		attest_stage_admin(&stage, "POST", "/attestation", body);
		assert_int_equal(stage.response.status, 200);
		assert_string_equal(stage_text(&stage, "mode"), modes[i]);
	}
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		attest_stage_admin(&stage, "POST", "/attestation", bad[i]);
		assert_int_equal(stage.response.status, 400);
	}
	assert_int_equal(world_attestation(stage.world), ATTESTATION_REQUIRED);
	attest_stage_admin(&stage, "POST", "/reset", NULL);
	assert_int_equal(world_attestation(stage.world), ATTESTATION_OFF);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_nonce_is_another_of_32_bytes),
	        TEST(evidence_is_exchanged_for_a_token),
	        TEST(the_tokens_life_is_configured),
	        TEST(hardware_evidence_goes_to_its_own_endpoint),
	        TEST(a_nonce_is_good_once_and_for_five_minutes),
	        TEST(an_invented_nonce_is_unknown_and_so_is_one_from_before_a_reset),
	        TEST(a_stale_statement_is_refused),
	        TEST(an_identity_of_another_world_is_refused),
	        TEST(the_service_survives_all_bad_evidence),
	        TEST(frames_are_judged_by_their_rules),
	        TEST(a_rule_of_the_frame_can_be_switched_off),
	        TEST(certs_ask_for_no_version),
	        TEST(what_is_not_there_is_not_found),
	        TEST(a_body_that_was_cut_is_refused),
	        TEST(the_journal_shows_neither_evidence_nor_token),
	        TEST(enrolment_gives_a_certificate_of_the_device_ca),
	        TEST(a_bad_enrolment_is_a_problem),
	        TEST(the_mode_is_read_set_and_reset),
	};

	return cmocka_run_group_tests_name("maa", tests, make_stage, drop_stage);
}
