/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* IMDS as ordinary SDKs know it: the token of version 1 and the compute metadata. */
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "emulator/pki/tokens.h"
#include "stage.h"
#include "tests/ref/wire_samples.h"
#include "tests/testing.h"

#define PATH     "/metadata/identity/oauth2/token"
#define COMPUTE  "/metadata/instance/compute"
#define VERSION  "api-version=2018-02-01"
#define RESOURCE "https://vault.azure.net"
#define GOOD     VERSION "&resource=" RESOURCE

static struct stage stage;

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, NULL);
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	stage_free(&stage);
	return 0;
}

static int reset_world(void **state)
{
	(void)state;
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	return 0;
}

static void ask(struct stage *on, const char *path, const char *query)
{
	stage_begin(on, "imds", "GET", path, query);
	stage_header(on, "Metadata", "true");
	stage_imds(on);
}

static void expect_refused(const struct stage *on, enum rule_id rule, int status, const char *error)
{
	assert_int_equal(on->response.status, status);
	assert_string_equal(stage_text(on, "error"), error);
	assert_true(stage_found(on, rule, true));
	assert_string_equal(stage_answer_header(on, "Server"), "IMDS/150.870.65.1854");
}

/* V1-01: eight members in this order, each a text, the times as world time has them. */
static void the_token_answer_has_only_texts(void **state)
{
	static const char *const names[] = {"access_token", "client_id",      "expires_in",
	                                    "expires_on",   "ext_expires_in", "not_before",
	                                    "resource",     "token_type"};
	const cJSON *member;
	size_t i = 0;

	(void)state;
	ask(&stage, PATH, GOOD);
	assert_int_equal(stage.response.status, 200);
	cJSON_ArrayForEach(member, stage.json)
	{
		assert_true(i < TEXT_COUNT(names));
		assert_true(cJSON_IsString(member));
		assert_string_equal(member->string, names[i++]);
	}
	assert_int_equal(i, TEXT_COUNT(names));
	assert_string_equal(stage_text(&stage, "client_id"), STAGE_SYSTEM);
	assert_string_equal(stage_text(&stage, "expires_in"), "86400");
	assert_string_equal(stage_text(&stage, "ext_expires_in"), "86400");
	assert_string_equal(stage_text(&stage, "not_before"), "1795230000");
	assert_string_equal(stage_text(&stage, "expires_on"), "1795316400");
	assert_string_equal(stage_text(&stage, "resource"), RESOURCE);
	assert_string_equal(stage_text(&stage, "token_type"), "Bearer");
	assert_int_equal(stage.notes.endpoint, ENDPOINT_V1_TOKEN);
	assert_int_equal(stage.notes.findings.count, 0);
}

/* The claims of a compact JWT. Owned by the caller. */
static cJSON *claims_of(const char *jwt)
{
	static const struct blame blame = {MSIV2_INTERNAL, "jwt"};
	const char *dot = strchr(jwt, '.');
	OWNED_STRUCT(bytes) payload = {0};
	cJSON *claims = NULL;

	assert_non_null(dot);
	assert_true(base64url_decode(dot + 1, strcspn(dot + 1, "."), &payload));
	assert_int_equal(json_parse_object(payload.data, payload.len, &blame, &claims, NULL),
	                 MSIV2_OK);
	return claims;
}

/* TOK-01: signed like every other, with no cnf, and of version 1. */
static void the_token_is_a_bearer_token_of_version_1(void **state)
{
	struct token_facts facts;
	OWNED(cJSON) *claims = NULL;
	const char *jwt;

	(void)state;
	ask(&stage, PATH, GOOD);
	jwt = stage_text(&stage, "access_token");
	assert_int_equal(tokens_check(stage.world->tokens, jwt, strlen(jwt), STAGE_NOW_S, &facts),
	                 TOKEN_OK);
	assert_string_equal(facts.audience, RESOURCE);
	assert_string_equal(facts.client_id, STAGE_SYSTEM);
	assert_string_equal(facts.object_id, STAGE_SYSTEM_OID);
	assert_string_equal(facts.x5t_s256, "");
	assert_int_equal(facts.expires_at_s, STAGE_NOW_S + 86400);
	assert_string_equal(facts.jti, stage.notes.token_jti);
	assert_string_equal(stage.notes.token_type, "Bearer");
	assert_string_equal(stage.notes.token_audience, RESOURCE);
	claims = claims_of(jwt);
	assert_string_equal(cJSON_GetObjectItem(claims, "ver")->valuestring, "1.0");
	assert_null(cJSON_GetObjectItem(claims, "cnf"));
}

/* V1-01: with or without a slash, in any case. */
static void the_path_is_found_in_every_spelling(void **state)
{
	static const struct {
		const char *path;
		int status;
	} spellings[] = {
	        {PATH, 200},
	        {PATH "/", 200},
	        {"/METADATA/Identity/oauth2/Token", 200},
	        {PATH "//", 404},
	        {PATH "/x", 404},
	        {"/metadata/identity/oauth2", 404},
	        {PATH "%2f", 404},
	        {"/metadata//identity/oauth2/token", 404},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(spellings); i++) {
		ask(&stage, spellings[i].path, GOOD);
		assert_int_equal(stage.response.status, spellings[i].status);
	}
	ask(&stage, PATH "/", GOOD);
	assert_true(stage_silent(&stage, RULE_V1_PATH_CASE));
	ask(&stage, "/metadata/identity/OAuth2/token", GOOD);
	assert_true(stage_found(&stage, RULE_V1_PATH_CASE, false));
}

static void judge_query(const char *name, bool good, const struct bytes *body)
{
	ask(&stage, PATH, bytes_text(body));
	if (good != (stage.response.status == 200))
		fail_msg("%s: answered %d", name, stage.response.status);
	if (!good) {
		assert_int_equal(stage.response.status, 400);
		assert_true(strlen(stage_text(&stage, "error")) > 0);
	}
}

static void every_sample_is_answered_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("v1_query", judge_query);
}

/* V1-02: one spoiled query each, and the rule that refuses it. */
static void bad_queries_are_refused_by_their_rule(void **state)
{
	static const struct {
		const char *query;
		enum rule_id rule;
		const char *error;
		const char *words;
	} bad[] = {
	        {VERSION, RULE_V1_RESOURCE_MISSING, "invalid_request",
	         "Required audience parameter not specified"},
	        {VERSION "&resource=https%3A%2F%2Fa%2F.default", RULE_V1_RESOURCE,
	         "invalid_resource",
	         "AADSTS500011: The resource principal named https://a/.default was not found in "
	         "the tenant."},
	        {GOOD "&client_id=" STAGE_TENANT, RULE_V1_UNKNOWN_IDENTITY, "invalid_request",
	         "Identity not found"},
	        {GOOD "&client_id=" STAGE_USER "&object_id=" STAGE_USER_OID, RULE_V1_SELECTOR,
	         "invalid_request", "More than one identity is selected"},
	        {GOOD "&resource=" RESOURCE, RULE_META_DUPLICATE, "invalid_request",
	         "Query parameter given more than once: resource"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		ask(&stage, PATH, bad[i].query);
		expect_refused(&stage, bad[i].rule, 400, bad[i].error);
		assert_string_equal(stage_text(&stage, "error_description"), bad[i].words);
	}
}

/* V1-02: the public shape, which has no error_description. */
static void a_wrong_version_is_answered_with_the_newest_ones(void **state)
{
	static const char newest[] =
	        "\"newest-versions\":[\"2021-10-01\",\"2021-05-01\",\"2021-03-01\"]}";
	static const char *const paths[] = {PATH, COMPUTE};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		ask(&stage, paths[i], "resource=" RESOURCE);
		assert_int_equal(stage.response.status, 400);
		assert_non_null(strstr(bytes_text(&stage.response.body), newest));
		assert_non_null(strstr(stage_text(&stage, "error"), "was not specified"));
		assert_string_equal(stage_text(&stage, "error_description"), "");
		ask(&stage, paths[i], "api-version=2.0");
		assert_int_equal(stage.response.status, 400);
		assert_non_null(strstr(stage_text(&stage, "error"), "is invalid"));
	}
}

/* META-02, META-09: as on the endpoints of version 2. */
static void the_frame_is_that_of_every_imds_request(void **state)
{
	static const char *const paths[] = {PATH, COMPUTE};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		stage_begin(&stage, "imds", "GET", paths[i], GOOD);
		stage_imds(&stage);
		expect_refused(&stage, RULE_META_HEADER, 400, "invalid_request");
		assert_string_equal(bytes_text(&stage.response.body),
		                    "{\"error\":\"invalid_request\",\"error_description\":"
		                    "\"Required metadata header not specified\"}");
		stage_begin(&stage, "imds", "GET", paths[i], GOOD);
		stage_header(&stage, "Metadata", "true");
		stage_header(&stage, "X-Forwarded-For", "10.0.0.1");
		stage_imds(&stage);
		expect_refused(&stage, RULE_META_FORWARDED, 400, "invalid_request");
	}
}

static void other_methods_are_405_with_the_right_one(void **state)
{
	(void)state;
	stage_begin(&stage, "imds", "POST", PATH, GOOD);
	stage_header(&stage, "Metadata", "true");
	stage_imds(&stage);
	expect_refused(&stage, RULE_V1_METHOD, 405, "invalid_request");
	assert_string_equal(stage_answer_header(&stage, "Allow"), "GET");
	stage_begin(&stage, "imds", "DELETE", COMPUTE, VERSION);
	stage_header(&stage, "Metadata", "true");
	stage_imds(&stage);
	expect_refused(&stage, RULE_COMPUTE_METHOD, 405, "invalid_request");
}

static void only_configured_resources_get_a_token(void **state)
{
	struct stage other;

	(void)state;
	stage_new(&other, "{\"token_resources\":[\"https://vault.azure.net/\"]}");
	ask(&other, PATH, GOOD);
	assert_int_equal(other.response.status, 200);
	ask(&other, PATH, VERSION "&resource=https%3A%2F%2Fvault.azure.net%2F");
	assert_int_equal(other.response.status, 200);
	ask(&other, PATH, VERSION "&resource=https%3A%2F%2Fvault.azure.ne");
	expect_refused(&other, RULE_V1_RESOURCE, 400, "invalid_resource");
	stage_free(&other);
}

/* The words that tell the owner of a machine to choose. */
static void several_identities_and_none_of_the_host_s_own_ask_for_a_choice(void **state)
{
	struct stage other;

	(void)state;
	stage_new(&other, "{\"identities\":["
	                  "{\"kind\":\"user\",\"client_id\":\"" STAGE_USER "\",\"object_id\":"
	                  "\"" STAGE_USER_OID "\",\"resource_id\":\"/a\"},"
	                  "{\"kind\":\"user\",\"client_id\":\"" STAGE_SYSTEM "\",\"object_id\":"
	                  "\"" STAGE_SYSTEM_OID "\",\"resource_id\":\"/b\"}]}");
	ask(&other, PATH, GOOD);
	expect_refused(&other, RULE_V1_AMBIGUOUS, 400, "invalid_request");
	ask(&other, PATH, GOOD "&msi_res_id=%2FB");
	assert_int_equal(other.response.status, 200);
	assert_string_equal(stage_text(&other, "client_id"), STAGE_SYSTEM);
	stage_free(&other);
}

/* Where nothing rejects, something sensible is answered all the same. */
static void with_every_rule_noting_there_is_still_a_token(void **state)
{
	(void)state;
	for (size_t i = 0; i < RULE_COUNT; i++)
		stage_mode(&stage, rule_get((enum rule_id)i)->name, "note");
	stage_begin(&stage, "imds", "POST", PATH, "client_id=nobody");
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "client_id"), STAGE_SYSTEM);
	assert_string_equal(stage_text(&stage, "resource"), "https://management.azure.com/");
	assert_true(stage_found(&stage, RULE_V1_METHOD, false));
	assert_true(stage_found(&stage, RULE_V1_VERSION, false));
	assert_true(stage_found(&stage, RULE_V1_RESOURCE_MISSING, false));
	assert_true(stage_found(&stage, RULE_V1_UNKNOWN_IDENTITY, false));
}

/* V1-03 */
static void compute_tells_what_the_host_is(void **state)
{
	const cJSON *profile;

	(void)state;
	ask(&stage, COMPUTE, "api-version=2021-02-01&format=json");
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "osType"), "Linux");
	assert_string_equal(stage_text(&stage, "vmId"), "11111111-2222-4333-8444-555555555555");
	profile = cJSON_GetObjectItem(stage.json, "securityProfile");
	assert_string_equal(cJSON_GetObjectItem(profile, "securityType")->valuestring, "Standard");
	assert_string_equal(cJSON_GetObjectItem(profile, "virtualTpmEnabled")->valuestring,
	                    "false");
	assert_int_equal(stage.notes.endpoint, ENDPOINT_COMPUTE);
	assert_int_equal(stage.notes.findings.count, 0);
}

/* More than Standard means that boot is guarded and that there is a virtual TPM. */
static void compute_tells_the_security_of_the_host(void **state)
{
	struct stage other;
	const cJSON *profile;

	(void)state;
	stage_new(&other, "{\"host\":{\"vm_id\":null,\"vmss_id\":\"set-1\",\"os_type\":\"Windows\","
	                  "\"security_type\":\"TrustedLaunch\"}}");
	ask(&other, COMPUTE, VERSION);
	assert_string_equal(stage_text(&other, "osType"), "Windows");
	assert_string_equal(stage_text(&other, "vmId"), "");
	profile = cJSON_GetObjectItem(other.json, "virtualMachineScaleSet");
	assert_string_equal(cJSON_GetObjectItem(profile, "id")->valuestring, "set-1");
	profile = cJSON_GetObjectItem(other.json, "securityProfile");
	assert_string_equal(cJSON_GetObjectItem(profile, "securityType")->valuestring,
	                    "TrustedLaunch");
	assert_string_equal(cJSON_GetObjectItem(profile, "secureBootEnabled")->valuestring, "true");
	assert_string_equal(cJSON_GetObjectItem(profile, "virtualTpmEnabled")->valuestring, "true");
	stage_free(&other);
}

static void compute_is_json_and_nothing_else(void **state)
{
	(void)state;
	ask(&stage, COMPUTE "/", "api-version=2021-02-01&format=text");
	expect_refused(&stage, RULE_COMPUTE_FORMAT, 400, "invalid_request");
	ask(&stage, COMPUTE, "api-version=2021-02-01&made_up=1");
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_COMPUTE_UNKNOWN_QUERY, false));
	ask(&stage, COMPUTE "/vmId", "api-version=2021-02-01");
	assert_int_equal(stage.response.status, 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(the_token_answer_has_only_texts, reset_world),
	        cmocka_unit_test_setup(the_token_is_a_bearer_token_of_version_1, reset_world),
	        cmocka_unit_test_setup(the_path_is_found_in_every_spelling, reset_world),
	        cmocka_unit_test_setup(every_sample_is_answered_as_its_name_says, reset_world),
	        cmocka_unit_test_setup(bad_queries_are_refused_by_their_rule, reset_world),
	        cmocka_unit_test_setup(a_wrong_version_is_answered_with_the_newest_ones,
	                               reset_world),
	        cmocka_unit_test_setup(the_frame_is_that_of_every_imds_request, reset_world),
	        cmocka_unit_test_setup(other_methods_are_405_with_the_right_one, reset_world),
	        cmocka_unit_test_setup(only_configured_resources_get_a_token, reset_world),
	        cmocka_unit_test_setup(
	                several_identities_and_none_of_the_host_s_own_ask_for_a_choice,
	                reset_world),
	        cmocka_unit_test_setup(with_every_rule_noting_there_is_still_a_token, reset_world),
	        cmocka_unit_test_setup(compute_tells_what_the_host_is, reset_world),
	        cmocka_unit_test_setup(compute_tells_the_security_of_the_host, reset_world),
	        cmocka_unit_test_setup(compute_is_json_and_nothing_else, reset_world),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
