/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* ATT-02, ATT-05, ATT-06: what IMDS and the token endpoint make of attestation tokens. */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "attest_stage.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/instruments/journal_filter.h"
#include "emulator/pki/rsa_numbers.h"
#include "jwt_parts.h"
#include "state_dir.h"

#define BASE "https://localhost:1002/maa"

static struct stage stage;
static struct attest_lab lab;
static struct state_dir dir;
static EVP_PKEY *service_key; /* the attestation service's, to sign what it would not */
static struct bytes kid;

static void read_service_key(void)
{
	char path[160];
	OWNED_STRUCT(bytes) set = {0};
	OWNED(cJSON) *json = NULL;
	FILE *file;

	assert_int_equal(attest_tokens_jwks(stage.world->attest_tokens, &set, NULL), MSIV2_OK);
	json = cJSON_Parse(bytes_text(&set));
	bytes_add_text(&kid,
	               json_text(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "keys"), 0), "kid"));
	file = fopen(state_dir_file(&dir, "attestation-key.pem", path), "r");
	assert_non_null(file);
	service_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	assert_non_null(service_key);
	(void)fclose(file);
}

static int make_stage(void **state)
{
	char config[256];

	(void)state;
	state_dir_new(&dir);
	(void)snprintf(config, sizeof(config),
	               "{\"state_dir\":\"%s\",\"host\":{\"attestation\":\"optional\"}}", dir.path);
	stage_new(&stage, config);
	attest_lab_new(&lab);
	read_service_key();
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	attest_lab_free(&lab);
	stage_free(&stage);
	EVP_PKEY_free(service_key);
	bytes_free(&kid);
	state_dir_free(&dir);
	return 0;
}

static int reset_world(void **state)
{
	(void)state;
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	return 0;
}

static void set_mode(const char *mode)
{
	assert_int_equal(world_set_attestation(stage.world, mode, NULL), MSIV2_OK);
}

/* Asks for a certificate with that token. */
static void issue_with(const char *token)
{
	OWNED_STRUCT(bytes) member = {0};

	bytes_addf(&member, "\"%s\"", token);
	attest_stage_issue(&stage, bytes_text(&member));
}

static void expect_access(X509 *cert, int code)
{
	char words[32];

	attest_stage_access(&stage, cert);
	if (code == 0) {
		assert_int_equal(stage.response.status, 200);
		return;
	}
	(void)snprintf(words, sizeof(words), "AADSTS%d: ", code);
	assert_int_equal(stage.response.status, 401);
	assert_string_equal(stage_text(&stage, "error"), "invalid_client");
	if (!text_starts(stage_text(&stage, "error_description"), words))
		fail_msg("%s, not %d", stage_text(&stage, "error_description"), code);
	assert_int_equal(
	        cJSON_GetArrayItem(cJSON_GetObjectItem(stage.json, "error_codes"), 0)->valueint,
	        code);
	assert_string_equal(stage_text(&stage, "access_token"), "");
}

static void a_host_that_requires_attestation_refuses_without(void **state)
{
	static const char *const members[] = {NULL, "null", "\"\""};

	(void)state;
	set_mode("required");
	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		attest_stage_issue(&stage, members[i]);
		assert_int_equal(stage.response.status, 400);
		/* ATT-05: the body is exactly this. */
		assert_string_equal(
		        bytes_text(&stage.response.body),
		        "{\"error\":\"invalid_request\",\"error_description\":\"Attestation Token "
		        "is missing / empty in the issue credential request\"}");
		assert_true(stage_found(&stage, RULE_ATT_REQUIRED, true));
		assert_true(stage_silent(&stage, RULE_ATT_EMPTY) == (members[i] == NULL));
	}
}

static void other_hosts_issue_without(void **state)
{
	static const char *const modes[] = {"off", "optional"};
	static const char *const members[] = {NULL, "null", "\"\""};

	(void)state;
	for (size_t m = 0; m < TEXT_COUNT(modes); m++) {
		set_mode(modes[m]);
		for (size_t i = 0; i < TEXT_COUNT(members); i++) {
			OWNED(X509) *cert = NULL;

			attest_stage_issue(&stage, members[i]);
			cert = attest_stage_certificate(&stage);
			assert_true(stage_silent(&stage, RULE_ATT_REQUIRED));
			/* ATT-02: the client should have left it out. */
			assert_true(stage_found(&stage, RULE_ATT_EMPTY, false) ==
			            (members[i] != NULL));
			expect_access(cert, 0);
		}
	}
}

static void a_requirement_can_be_noted_only(void **state)
{
	(void)state;
	set_mode("required");
	stage_mode(&stage, "ATT-05", "note");
	attest_stage_issue(&stage, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_ATT_REQUIRED, false));
}

static void a_good_token_gives_access(void **state)
{
	static const char *const modes[] = {"optional", "required"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(modes); i++) {
		OWNED_STRUCT(bytes) token = {0};
		OWNED(X509) *cert = NULL;

		set_mode(modes[i]);
		attest_stage_token(&stage, &lab, stage.key, &token);
		issue_with(bytes_text(&token));
		cert = attest_stage_certificate(&stage);
		assert_int_equal(stage.notes.findings.count, 0);
		expect_access(cert, 0);
	}
}

static void a_host_without_attestation_ignores_any_token(void **state)
{
	OWNED(X509) *cert = NULL;

	(void)state;
	set_mode("off");
	issue_with("rubbish");
	cert = attest_stage_certificate(&stage);
	assert_int_equal(stage.notes.findings.count, 0);
	expect_access(cert, 0);
}

/* A token with faults; what is not said is as in a good one that ends in 60 s. Most are signed by
 * the service's own key. */
struct forged {
	const char *alg;
	const char *jku;
	const char *iss;
	const char *type;
	int64_t iat_s; /* against the world's now */
	int64_t exp_s; /* against its good end */
	bool other_key;
	bool other_signer;
	bool other_kid;
	int code;
	enum rule_id rule;
};

static const struct forged good_token = {.rule = RULE_COUNT};
static const struct forged forged[] = {
        {.alg = "none", .code = 1000614, .rule = RULE_ATT_TOKEN_FORM},
        {.jku = "https://evil.example/certs", .code = 1000613, .rule = RULE_ATT_TOKEN_JKU},
        {.other_signer = true, .code = 1000614, .rule = RULE_ATT_TOKEN_SIGNATURE},
        {.other_kid = true, .code = 1000614, .rule = RULE_ATT_TOKEN_SIGNATURE},
        {.iss = "https://evil.example", .code = 1000611, .rule = RULE_ATT_TOKEN_ISSUER},
        {.iat_s = -60, .exp_s = -60, .code = 1000610, .rule = RULE_ATT_TOKEN_TIME},
        {.iat_s = 1, .code = 1000610, .rule = RULE_ATT_TOKEN_TIME},
        {.type = "memory", .code = 1000612, .rule = RULE_ATT_TOKEN_CLAIM},
        {.other_key = true, .code = 1000612, .rule = RULE_ATT_TOKEN_CLAIM},
};

static const char *either(const char *said, const char *usual)
{
	return said ? said : usual;
}

static void forge(const struct forged *how, struct bytes *out)
{
	OWNED_STRUCT(bytes) header = {0};
	OWNED_STRUCT(bytes) payload = {0};
	OWNED_STRUCT(bytes) n = {0};
	OWNED_STRUCT(bytes) e = {0};
	long long now_s = world_now_s(stage.world);

	assert_int_equal(rsa_numbers(how->other_key ? lab.other : stage.key, &n, &e, NULL),
	                 MSIV2_OK);
	bytes_addf(&header, "{\"alg\":\"%s\",\"kid\":\"%s%s\",\"jku\":\"%s\"}",
	           either(how->alg, "RS256"), how->other_kid ? "x" : "", bytes_text(&kid),
	           either(how->jku, BASE "/certs"));
	bytes_addf(&payload,
	           "{\"iss\":\"%s\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld,"
	           "\"x-ms-attestation-type\":\"%s\",\"x-ms-runtime\":{\"keys\":[{\"kty\":\"RSA\","
	           "\"n\":\"%s\",\"e\":\"%s\"}]}}",
	           either(how->iss, BASE), now_s + how->iat_s, now_s + how->iat_s,
	           now_s + 60 + how->exp_s, either(how->type, "keyguard"), bytes_text(&n),
	           bytes_text(&e));
	jwt_make(bytes_text(&header), bytes_text(&payload),
	         how->other_signer ? lab.other : service_key, EVP_sha256(), out);
}

static void what_is_wrong_shows_at_the_token_endpoint(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(forged); i++) {
		const struct forged *how = &forged[i];
		OWNED_STRUCT(bytes) token = {0};
		OWNED(X509) *cert = NULL;

		forge(how, &token);
		issue_with(bytes_text(&token));
		/* ATT-06: IMDS takes any token, and notes. */
		cert = attest_stage_certificate(&stage);
		assert_int_equal(stage.notes.findings.count, 1);
		assert_true(stage_found(&stage, how->rule, false));
		expect_access(cert, how->code);
		assert_true(stage_found(&stage, how->rule, true));
		stage_mode(&stage, rule_get(how->rule)->name, "note");
		expect_access(cert, 0);
		assert_true(stage_found(&stage, how->rule, false));
		stage_mode(&stage, rule_get(how->rule)->name, "off");
		expect_access(cert, 0);
		assert_true(stage_silent(&stage, how->rule));
		stage_mode(&stage, rule_get(how->rule)->name, "reject");
		expect_access(cert, how->code);
	}
}

/* So that the faults below are the only ones. */
static void a_token_made_by_the_test_is_as_good(void **state)
{
	OWNED_STRUCT(bytes) token = {0};
	OWNED(X509) *cert = NULL;

	(void)state;
	forge(&good_token, &token);
	issue_with(bytes_text(&token));
	cert = attest_stage_certificate(&stage);
	assert_int_equal(stage.notes.findings.count, 0);
	expect_access(cert, 0);
}

static void what_is_no_token_at_all_is_614(void **state)
{
	static const char *const texts[] = {"x", "a.b.c", "e30.e30.AAAA", " ", "eyJ.eyJ."};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++) {
		OWNED(X509) *cert = NULL;

		issue_with(texts[i]);
		cert = attest_stage_certificate(&stage);
		expect_access(cert, 1000614);
	}
}

/* The order is that of docs/attestation.md: 613, 614, 611, 610, 612. */
static void of_many_faults_the_first_in_order_is_told(void **state)
{
	static const struct {
		enum rule_id rule;
		int code;
	} order[] = {
	        {RULE_ATT_TOKEN_JKU, 1000613},    {RULE_ATT_TOKEN_SIGNATURE, 1000614},
	        {RULE_ATT_TOKEN_ISSUER, 1000611}, {RULE_ATT_TOKEN_TIME, 1000610},
	        {RULE_ATT_TOKEN_CLAIM, 1000612},
	};
	const struct forged all = {
	        .jku = "x", .iss = "x", .iat_s = 1, .type = "x", .other_signer = true};
	OWNED_STRUCT(bytes) token = {0};
	OWNED(X509) *cert = NULL;

	(void)state;
	forge(&all, &token);
	issue_with(bytes_text(&token));
	cert = attest_stage_certificate(&stage);
	assert_int_equal(stage.notes.findings.count, TEXT_COUNT(order));
	for (size_t i = 0; i < TEXT_COUNT(order); i++) {
		expect_access(cert, order[i].code);
		stage_mode(&stage, rule_get(order[i].rule)->name, "off");
	}
	expect_access(cert, 0);
}

/* The token was good when the certificate was issued. */
static void a_token_that_ends_later_does_no_harm(void **state)
{
	OWNED_STRUCT(bytes) token = {0};
	OWNED(X509) *cert = NULL;

	(void)state;
	attest_stage_token(&stage, &lab, stage.key, &token);
	issue_with(bytes_text(&token));
	cert = attest_stage_certificate(&stage);
	assert_int_equal(world_clock_advance(&stage.world->clock, 28800, NULL), MSIV2_OK);
	expect_access(cert, 0);
	/* The same token is of no use for another certificate now. */
	issue_with(bytes_text(&token));
	X509_free(cert);
	cert = attest_stage_certificate(&stage);
	expect_access(cert, 1000610);
}

static void a_bad_token_spoils_its_own_certificate_only(void **state)
{
	OWNED(X509) *bad = NULL;
	OWNED(X509) *good = NULL;

	(void)state;
	issue_with("x");
	bad = attest_stage_certificate(&stage);
	attest_stage_issue(&stage, NULL);
	good = attest_stage_certificate(&stage);
	expect_access(bad, 1000614);
	expect_access(good, 0);
	expect_access(bad, 1000614);
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	expect_access(bad, 0);
}

/* SEC-01 */
static void the_journal_does_not_show_the_token(void **state)
{
	const struct journal_times times = {0};
	const struct journal_filter all = {0};
	OWNED_STRUCT(bytes) token = {0};
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	forge(&forged[1], &token);
	issue_with(bytes_text(&token));
	journal_add(stage.world->journal, &stage.request, &stage.response, &stage.notes, &times);
	assert_int_equal(journal_print(stage.world->journal, &all, JOURNAL_FORM_JSON, &text, NULL),
	                 MSIV2_OK);
	assert_non_null(strstr(bytes_text(&text), "\"rule\":\"ATT-06/attestation-jku\""));
	assert_null(strstr(bytes_text(&text), "eyJ"));
	assert_null(strstr(bytes_text(&text), "evil.example"));
}

static void the_setting_is_read_from_the_configuration(void **state)
{
	static const char *const bad[] = {
	        "{\"host\":{\"attestation\":\"on\"}}", "{\"host\":{\"attestation\":null}}",
	        "{\"host\":{\"attestation\":true}}", "{\"attestation_token_lifetime_s\":0}"};

	(void)state;
	assert_int_equal(world_attestation(stage.world), ATTESTATION_OPTIONAL);
	set_mode("required");
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	assert_int_equal(world_attestation(stage.world), ATTESTATION_OPTIONAL);
	assert_int_equal(world_set_attestation(stage.world, "on", NULL), MSIV2_CONFIG);
	assert_int_equal(world_set_attestation(stage.world, NULL, NULL), MSIV2_CONFIG);
	assert_int_equal(world_attestation(stage.world), ATTESTATION_OPTIONAL);
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		OWNED_STRUCT(config) config = {0};
		struct msiv2_error err = {0};

		assert_int_equal(config_init(&config, NULL), MSIV2_OK);
		assert_int_equal(config_read(&config, bad[i], strlen(bad[i]), &err), MSIV2_CONFIG);
		assert_non_null(strstr(err.where, "attestation"));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_host_that_requires_attestation_refuses_without),
	        TEST(other_hosts_issue_without),
	        TEST(a_requirement_can_be_noted_only),
	        TEST(a_good_token_gives_access),
	        TEST(a_host_without_attestation_ignores_any_token),
	        TEST(a_token_made_by_the_test_is_as_good),
	        TEST(what_is_wrong_shows_at_the_token_endpoint),
	        TEST(what_is_no_token_at_all_is_614),
	        TEST(of_many_faults_the_first_in_order_is_told),
	        TEST(a_token_that_ends_later_does_no_harm),
	        TEST(a_bad_token_spoils_its_own_certificate_only),
	        TEST(the_journal_does_not_show_the_token),
	        TEST(the_setting_is_read_from_the_configuration),
	};

	return cmocka_run_group_tests_name("attestation", tests, make_stage, drop_stage);
}
