/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "emulator/pki/tokens.h"
#include "stage.h"
#include "tests/testing.h"

#define FORM                                                                                       \
	"client_id=" STAGE_SYSTEM "&scope=https://vault.azure.net/.default"                        \
	"&grant_type=client_credentials"

/* 64 characters: one more than any tenant has. */
#define LONG_TENANT "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct stage stage;
static X509 *certificate;
static X509 *other_certificate; /* of the same identity */
static char *pop;               /* "mtls_pop TOKEN" */
static char *bearer;            /* "Bearer TOKEN" */

/* "SCHEME TOKEN" for a token of that form. */
static char *authorization(const char *scheme, const char *form)
{
	OWNED_STRUCT(bytes) text = {0};

	stage_begin(&stage, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(&stage, "Content-Type", "application/x-www-form-urlencoded");
	stage_peer(&stage, certificate);
	stage_body(&stage, form);
	stage_https(&stage);
	assert_int_equal(stage.response.status, 200);
	bytes_addf(&text, "%s %s", scheme, stage_text(&stage, "access_token"));
	return mem_strdup(bytes_text(&text));
}

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, NULL);
	certificate = stage_issue(&stage, STAGE_SYSTEM);
	other_certificate = stage_issue(&stage, STAGE_SYSTEM);
	pop = authorization("mtls_pop", FORM "&token_type=mtls_pop");
	bearer = authorization("Bearer", FORM);
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	mem_free(pop);
	mem_free(bearer);
	X509_free(certificate);
	X509_free(other_certificate);
	stage_free(&stage);
	return 0;
}

static int reset_world(void **state)
{
	(void)state;
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	return 0;
}

static void call(const char *value, X509 *peer)
{
	stage_begin(&stage, "sts", "GET", "/resource/secrets/1", "a=b");
	if (value)
		stage_header(&stage, "Authorization", value);
	stage_peer(&stage, peer);
	stage_https(&stage);
}

/* RES-01: 401 invalid_token with a challenge. */
static void expect_refused(enum rule_id rule)
{
	assert_int_equal(stage.response.status, 401);
	assert_string_equal(stage_text(&stage, "error"), "invalid_token");
	assert_non_null(stage_answer_header(&stage, "WWW-Authenticate"));
	assert_non_null(
	        strstr(stage_answer_header(&stage, "WWW-Authenticate"), "error=\"invalid_token\""));
	assert_true(stage_found(&stage, rule, true));
	assert_int_equal(stage.notes.endpoint, ENDPOINT_RESOURCE);
}

static void the_right_pair_is_let_in(void **state)
{
	(void)state;
	call(pop, certificate);
	assert_int_equal(stage.response.status, 200);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(stage.json, "ok")));
	assert_string_equal(stage_text(&stage, "audience"), "https://vault.azure.net");
	assert_string_equal(stage_text(&stage, "client_id"), STAGE_SYSTEM);
	assert_string_equal(stage_text(&stage, "tenant_id"), STAGE_TENANT);
	assert_string_equal(stage_text(&stage, "token_type"), "mtls_pop");
	assert_int_equal(strlen(stage_text(&stage, "x5t#S256")), 43);
	assert_string_equal(stage_text(&stage, "method"), "GET");
	assert_string_equal(stage_text(&stage, "path"), "/resource/secrets/1");
	assert_string_equal(stage.notes.client_id, STAGE_SYSTEM);
}

static void every_method_and_every_path_below_is_the_resource(void **state)
{
	static const char *const methods[] = {"PUT", "DELETE", "POST", "PATCH"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(methods); i++) {
		stage_begin(&stage, "sts", methods[i], "/resource", NULL);
		stage_header(&stage, "authorization", pop);
		stage_peer(&stage, certificate);
		stage_https(&stage);
		assert_int_equal(stage.response.status, 200);
		assert_string_equal(stage_text(&stage, "method"), methods[i]);
	}
	stage_begin(&stage, "sts", "GET", "/resources", NULL);
	stage_https(&stage);
	assert_int_equal(stage.response.status, 404);
}

static void a_bound_token_without_its_certificate_is_refused(void **state)
{
	(void)state;
	call(pop, NULL);
	expect_refused(RULE_RES_CERTIFICATE);
	call(pop, other_certificate);
	expect_refused(RULE_RES_THUMBPRINT);
}

static void a_bearer_token_needs_no_certificate(void **state)
{
	(void)state;
	call(bearer, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "token_type"), "Bearer");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(stage.json, "x5t#S256")));
	call(bearer, certificate);
	assert_int_equal(stage.response.status, 200);
}

/* TOK-03: the scheme is the token's type. */
static void a_token_under_the_wrong_scheme_is_refused(void **state)
{
	OWNED_STRUCT(bytes) pop_as_bearer = {0};
	OWNED_STRUCT(bytes) bearer_as_pop = {0};

	(void)state;
	bytes_addf(&pop_as_bearer, "Bearer %s", strchr(pop, ' ') + 1);
	bytes_addf(&bearer_as_pop, "mtls_pop %s", strchr(bearer, ' ') + 1);
	call(bytes_text(&pop_as_bearer), certificate);
	expect_refused(RULE_RES_SCHEME);
	call(bytes_text(&bearer_as_pop), certificate);
	expect_refused(RULE_RES_SCHEME);
}

static void a_missing_or_odd_authorization_is_refused(void **state)
{
	static const char *const bad[] = {NULL, "", "Basic eDp5", "mtls_pop", "Bearerx y", "PoP x"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		call(bad[i], certificate);
		expect_refused(RULE_RES_AUTHORIZATION);
	}
	stage_begin(&stage, "sts", "GET", "/resource", NULL);
	stage_header(&stage, "Authorization", pop);
	stage_header(&stage, "Authorization", pop);
	stage_peer(&stage, certificate);
	stage_https(&stage);
	expect_refused(RULE_RES_AUTHORIZATION);
}

static void a_token_that_was_touched_is_refused(void **state)
{
	static const char *const bad[] = {"Bearer x", "mtls_pop a.b.c", "Bearer ..", "Bearer "};
	OWNED_STRUCT(bytes) touched = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		call(bad[i], certificate);
		expect_refused(RULE_RES_TOKEN);
	}
	bytes_add_text(&touched, pop);
	/* The first character of the signature: never only padding bits. */
	char *signature = strrchr((char *)touched.data, '.') + 1;

	*signature = *signature == 'A' ? 'B' : 'A';
	call(bytes_text(&touched), certificate);
	expect_refused(RULE_RES_TOKEN);
	assert_null(strstr(bytes_text(&stage.response.body), signature)); /* SEC-01 */
}

/* "Bearer TOKEN", by this world's key in the name of an issuer. */
static char *issued_by(const char *issuer)
{
	const struct token_claims claims = {.issuer = issuer,
	                                    .audience = "https://vault.azure.net",
	                                    .client_id = STAGE_SYSTEM,
	                                    .tenant_id = STAGE_TENANT,
	                                    .object_id = STAGE_SYSTEM,
	                                    .issued_at_s = STAGE_NOW_S,
	                                    .expires_at_s = STAGE_NOW_S + 3600};
	OWNED_STRUCT(bytes) jwt = {0};
	OWNED_STRUCT(bytes) text = {0};
	char jti[UUID_TEXT_SIZE];

	assert_int_equal(tokens_issue(stage.world->tokens, &claims, &jwt, jti, NULL), MSIV2_OK);
	bytes_addf(&text, "Bearer %s", bytes_text(&jwt));
	return mem_strdup(bytes_text(&text));
}

/* The key alone says little: emulators on one state directory share it. */
static void a_token_of_another_issuer_is_refused(void **state)
{
	static const struct {
		const char *issuer;
		bool ours;
	} rows[] = {
	        {"https://localhost:1002/" STAGE_TENANT "/v2.0", true},
	        {"https://localhost:7/" STAGE_TENANT "/v2.0", true}, /* a replica's */
	        {"https://localhost/" STAGE_TENANT "/v2.0", true},
	        {"https://issuer.example", false},
	        {"https://issuer.example:1002/" STAGE_TENANT "/v2.0", false},
	        {"https://localhost.example/" STAGE_TENANT "/v2.0", false},
	        {"http://localhost:1002/" STAGE_TENANT "/v2.0", false},
	        {"https://localhost:1002/99999999-0000-4000-8000-000000000000/v2.0", false},
	        {"https://localhost:1002/" STAGE_TENANT, false},
	        {"https://localhost:1002/" STAGE_TENANT "/v2.0/", false},
	        {"https://localhost:/" STAGE_TENANT "/v2.0", false},
	        {"https://localhost:1002/v2.0", false},
	        {"https://localhost:1002", false},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		char *value = issued_by(rows[i].issuer);

		call(value, NULL);
		mem_free(value);
		if (rows[i].ours)
			assert_int_equal(stage.response.status, 200);
		else
			expect_refused(RULE_RES_ISSUER);
	}
}

static void an_expired_token_is_refused_on_the_worlds_clock(void **state)
{
	(void)state;
	assert_int_equal(world_clock_advance(&stage.world->clock, 86399, NULL), MSIV2_OK);
	call(pop, certificate);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(world_clock_advance(&stage.world->clock, 600, NULL), MSIV2_OK);
	call(pop, certificate);
	expect_refused(RULE_RES_TIME);
	assert_int_equal(world_clock_set(&stage.world->clock, STAGE_NOW_S - 3600, NULL), MSIV2_OK);
	call(pop, certificate);
	expect_refused(RULE_RES_TIME);
}

static void only_configured_audiences_are_accepted(void **state)
{
	(void)state;
	stage_change(&stage, "{\"resource_audiences\":[\"https://other\"]}");
	call(pop, certificate);
	expect_refused(RULE_RES_AUDIENCE);
	stage_change(&stage, "{\"resource_audiences\":[\"https://vault.azure.net\"]}");
	call(pop, certificate);
	assert_int_equal(stage.response.status, 200);
	stage_change(&stage, "{\"resource_audiences\":[]}");
}

static void a_rule_that_notes_lets_the_call_through(void **state)
{
	(void)state;
	stage_mode(&stage, "resource-thumbprint", "note");
	call(pop, other_certificate);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_RES_THUMBPRINT, false));
}

/* Whatever the modes say: without a token of this world nobody is let in. */
static void no_mode_lets_anybody_in_without_a_token(void **state)
{
	static const char *const modes[] = {"note", "off"};
	static const char *const bad[] = {NULL, "Bearer x", "mtls_pop a.b.c", "Basic eDp5"};
	OWNED_STRUCT(bytes) touched = {0};
	char *signature;

	(void)state;
	bytes_add_text(&touched, bearer);
	signature = strrchr((char *)touched.data, '.') + 1;
	*signature = *signature == 'A' ? 'B' : 'A';
	for (size_t m = 0; m < TEXT_COUNT(modes); m++) {
		stage_mode(&stage, "RES-01", modes[m]);
		for (size_t i = 0; i <= TEXT_COUNT(bad); i++) {
			call(i < TEXT_COUNT(bad) ? bad[i] : bytes_text(&touched), certificate);
			assert_int_equal(stage.response.status, 401);
			assert_string_equal(stage_text(&stage, "error"), "invalid_token");
			assert_non_null(stage_answer_header(&stage, "WWW-Authenticate"));
		}
		call(pop, other_certificate);
		assert_int_equal(stage.response.status, 200);
	}
}

static void cut_bodies_are_refused(void **state)
{
	(void)state;
	stage_begin(&stage, "sts", "POST", "/resource", NULL);
	stage.request.body_too_large = true;
	stage_https(&stage);
	assert_int_equal(stage.response.status, 413);
}

/* TOK-01: what a verifier needs is published. */
static void discovery_and_keys_are_published(void **state)
{
	const cJSON *keys;

	(void)state;
	stage_begin(&stage, "sts", "GET", "/" STAGE_TENANT "/v2.0/.well-known/openid-configuration",
	            NULL);
	stage_https(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "issuer"),
	                    "https://localhost:1002/" STAGE_TENANT "/v2.0");
	assert_string_equal(stage_text(&stage, "jwks_uri"),
	                    "https://localhost:1002/" STAGE_TENANT "/discovery/v2.0/keys");
	assert_string_equal(stage_text(&stage, "token_endpoint"),
	                    "https://localhost:1002/" STAGE_TENANT "/oauth2/v2.0/token");
	assert_int_equal(stage.notes.endpoint, ENDPOINT_DISCOVERY);
	stage_begin(&stage, "sts", "GET", "/" STAGE_TENANT "/discovery/v2.0/keys", NULL);
	stage_https(&stage);
	assert_int_equal(stage.response.status, 200);
	keys = cJSON_GetObjectItem(stage.json, "keys");
	assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(keys, 0), "alg")->valuestring,
	                    "RS256");
	assert_int_equal(stage.notes.endpoint, ENDPOINT_KEYS);
}

static void the_documents_are_read_only_and_of_one_tenant(void **state)
{
	static const char *const rests[] = {"/v2.0/.well-known/openid-configuration",
	                                    "/discovery/v2.0/keys"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rests); i++) {
		OWNED_STRUCT(bytes) path = {0};
		OWNED_STRUCT(bytes) other = {0};

		bytes_addf(&path, "/" STAGE_TENANT "%s", rests[i]);
		bytes_addf(&other, "/common%s", rests[i]);
		stage_begin(&stage, "sts", "POST", bytes_text(&path), NULL);
		stage_https(&stage);
		assert_int_equal(stage.response.status, 405);
		assert_string_equal(stage_answer_header(&stage, "Allow"), "GET, HEAD");
		stage_begin(&stage, "sts", "GET", bytes_text(&other), NULL);
		stage_https(&stage);
		assert_int_equal(stage.response.status, 400);
		assert_string_equal(stage_text(&stage, "error"), "invalid_tenant");
	}
}

static void every_other_path_is_404(void **state)
{
	static const char *const paths[] = {"/",
	                                    "",
	                                    "/maa",
	                                    "/maa/attest",
	                                    "//oauth2/v2.0/token",
	                                    "/" STAGE_TENANT "/oauth2/token",
	                                    LONG_TENANT "/oauth2/v2.0/token"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		stage_begin(&stage, "sts", "GET", paths[i], NULL);
		stage_https(&stage);
		assert_int_equal(stage.response.status, 404);
		assert_int_equal(stage.notes.endpoint, ENDPOINT_UNKNOWN);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_right_pair_is_let_in),
	        TEST(every_method_and_every_path_below_is_the_resource),
	        TEST(a_bound_token_without_its_certificate_is_refused),
	        TEST(a_bearer_token_needs_no_certificate),
	        TEST(a_token_under_the_wrong_scheme_is_refused),
	        TEST(a_missing_or_odd_authorization_is_refused),
	        TEST(a_token_that_was_touched_is_refused),
	        TEST(a_token_of_another_issuer_is_refused),
	        TEST(an_expired_token_is_refused_on_the_worlds_clock),
	        TEST(only_configured_audiences_are_accepted),
	        TEST(a_rule_that_notes_lets_the_call_through),
	        TEST(no_mode_lets_anybody_in_without_a_token),
	        TEST(cut_bodies_are_refused),
	        TEST(discovery_and_keys_are_published),
	        TEST(the_documents_are_read_only_and_of_one_tenant),
	        TEST(every_other_path_is_404),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
