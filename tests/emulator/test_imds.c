/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "csr_draft.h"
#include "stage.h"
#include "tests/testing.h"

#define VERSION "cred-api-version=2.0"

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

/* A good metadata request, up to the point where a test spoils it. */
static void begin_metadata(const char *query)
{
	stage_begin(&stage, "imds", "GET", STAGE_METADATA, query);
	stage_header(&stage, "Metadata", "true");
	stage_header(&stage, "x-ms-client-request-id", STAGE_CORRELATION);
}

static void begin_issue(const char *query, const char *body)
{
	stage_begin(&stage, "imds", "POST", STAGE_ISSUE, query);
	stage_header(&stage, "Metadata", "true");
	stage_header(&stage, "x-ms-client-request-id", STAGE_CORRELATION);
	stage_header(&stage, "Content-Type", "application/json; charset=utf-8");
	stage_body(&stage, body);
}

/* META-06 */
static void expect_server_header(void)
{
	assert_string_equal(stage_answer_header(&stage, "Server"), "IMDS/150.870.65.1854");
}

static void expect_refused(enum rule_id rule, int status, const char *error)
{
	assert_int_equal(stage.response.status, status);
	assert_string_equal(stage_text(&stage, "error"), error);
	assert_true(stage_found(&stage, rule, true));
	assert_string_equal(stage.notes.error, error);
	expect_server_header();
}

/* META-05 */
static void metadata_tells_the_host_and_its_identity(void **state)
{
	(void)state;
	begin_metadata(VERSION);
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "clientId"), STAGE_SYSTEM);
	assert_string_equal(stage_text(&stage, "tenantId"), STAGE_TENANT);
	assert_string_equal(stage_text(&stage, "attestationEndpoint"),
	                    "https://localhost:1002/maa");
	const cJSON *cu_id = cJSON_GetObjectItem(stage.json, "cuId");

	assert_int_equal(cJSON_GetArraySize(cu_id), 1);
	assert_string_equal(cJSON_GetObjectItem(cu_id, "vmId")->valuestring, DRAFT_VM_ID);
	assert_int_equal(stage.notes.endpoint, ENDPOINT_METADATA);
	assert_string_equal(stage.notes.correlation_id, STAGE_CORRELATION);
	assert_int_equal(stage.notes.findings.count, 0);
	expect_server_header();
}

/* META-05: a scale set member says so, a plain VM has no vmssId at all. */
static void a_scale_set_host_has_a_vmss_id(void **state)
{
	struct stage other;
	const cJSON *cu_id;

	(void)state;
	stage_new(&other, "{\"host\":{\"vmss_id\":\"set-1\"}}");
	stage_begin(&other, "imds", "GET", STAGE_METADATA, VERSION);
	stage_header(&other, "Metadata", "true");
	stage_imds(&other);
	cu_id = cJSON_GetObjectItem(other.json, "cuId");
	assert_int_equal(cJSON_GetArraySize(cu_id), 2);
	assert_string_equal(cJSON_GetObjectItem(cu_id, "vmssId")->valuestring, "set-1");
	stage_free(&other);
}

/* META-04: each selector finds the user-assigned identity, ignoring case. */
static void each_selector_finds_its_identity(void **state)
{
	static const char *const queries[] = {
	        VERSION "&client_id=" STAGE_USER,
	        VERSION "&client_id=A2A2A2A2-0000-4000-8000-000000000002",
	        VERSION "&object_id=" STAGE_USER_OID,
	        VERSION "&mi_res_id=%2Fsubscriptions%2F00000000-0000-4000-8000-000000000000"
	                "%2FresourceGroups%2FLOCAL%2Fproviders%2FMicrosoft.ManagedIdentity"
	                "%2FuserAssignedIdentities%2Flocal",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(queries); i++) {
		begin_metadata(queries[i]);
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 200);
		assert_string_equal(stage_text(&stage, "clientId"), STAGE_USER);
		assert_string_equal(stage.notes.client_id, STAGE_USER);
	}
}

/* META-02: the exact words. */
static void without_the_metadata_header_it_is_400_with_the_known_words(void **state)
{
	(void)state;
	stage_begin(&stage, "imds", "GET", STAGE_METADATA, VERSION);
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 400);
	assert_string_equal(bytes_text(&stage.response.body),
	                    "{\"error\":\"invalid_request\",\"error_description\":"
	                    "\"Required metadata header not specified\"}");
	assert_int_equal(stage.notes.endpoint, ENDPOINT_PROBE); /* META-08 */
	expect_refused(RULE_META_HEADER, 400, "invalid_request");
}

static void a_metadata_header_must_be_one_and_true(void **state)
{
	static const char *const bad[] = {"false", "", "true1"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		stage_begin(&stage, "imds", "GET", STAGE_METADATA, VERSION);
		stage_header(&stage, "metadata", bad[i]);
		stage_imds(&stage);
		expect_refused(RULE_META_HEADER, 400, "invalid_request");
		assert_int_equal(stage.notes.endpoint, ENDPOINT_METADATA);
	}
	begin_metadata(VERSION);
	stage_header(&stage, "Metadata", "true");
	stage_imds(&stage);
	expect_refused(RULE_META_HEADER, 400, "invalid_request");
	stage_begin(&stage, "imds", "GET", STAGE_METADATA, VERSION);
	stage_header(&stage, "METADATA", "True");
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
}

/* One spoiled query each, and the rule that refuses it. */
static void bad_queries_are_refused_by_their_rule(void **state)
{
	static const struct {
		const char *query;
		enum rule_id rule;
		const char *error;
	} bad[] = {
	        {NULL, RULE_META_VERSION, "invalid_request"},
	        {"", RULE_META_VERSION, "invalid_request"},
	        {"cred-api-version=1.0", RULE_META_VERSION, "invalid_request"},
	        {"cred-api-version=", RULE_META_VERSION, "invalid_request"},
	        {"api-version=2.0", RULE_META_VERSION, "invalid_request"},
	        {VERSION "&" VERSION, RULE_META_DUPLICATE, "invalid_request"},
	        {VERSION "&client_id=a&client_id=a", RULE_META_DUPLICATE, "invalid_request"},
	        {VERSION "&msi_res_id=x", RULE_META_MSI_RES_ID, "invalid_request"},
	        {VERSION "&client_id=" STAGE_USER "&object_id=" STAGE_USER_OID, RULE_META_SELECTOR,
	         "invalid_request"},
	        {VERSION "&client_id=nobody", RULE_META_UNKNOWN_IDENTITY, "identity_not_found"},
	        {VERSION "&object_id=" STAGE_USER, RULE_META_UNKNOWN_IDENTITY,
	         "identity_not_found"},
	        {VERSION "&mi_res_id=", RULE_META_UNKNOWN_IDENTITY, "identity_not_found"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		begin_metadata(bad[i].query);
		stage_imds(&stage);
		expect_refused(bad[i].rule, 400, bad[i].error);
	}
}

static void a_wrong_version_names_the_newest(void **state)
{
	const cJSON *newest;

	(void)state;
	begin_metadata("cred-api-version=1.0");
	stage_imds(&stage);
	newest = cJSON_GetObjectItem(stage.json, "newest-versions");
	assert_string_equal(cJSON_GetArrayItem(newest, 0)->valuestring, "2.0");
}

static void a_query_that_cannot_be_decoded_is_400_in_every_mode(void **state)
{
	(void)state;
	for (size_t i = 0; i < RULE_COUNT; i++)
		stage_mode(&stage, rule_get((enum rule_id)i)->name, "off");
	begin_metadata(VERSION "&client_id=%zz");
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 400);
	assert_string_equal(stage_text(&stage, "error"), "invalid_request");
}

/* META-09 */
static void a_forwarded_request_is_refused(void **state)
{
	(void)state;
	begin_metadata(VERSION);
	stage_header(&stage, "x-forwarded-for", "10.0.0.1");
	stage_imds(&stage);
	expect_refused(RULE_META_FORWARDED, 400, "invalid_request");
}

/* META-01 */
static void a_wrong_method_is_405_and_names_the_right_one(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE", "HEAD", "get"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(methods); i++) {
		stage_begin(&stage, "imds", methods[i], STAGE_METADATA, VERSION);
		stage_header(&stage, "Metadata", "true");
		stage_imds(&stage);
		expect_refused(RULE_META_METHOD, 405, "invalid_request");
		assert_string_equal(stage_answer_header(&stage, "Allow"), "GET");
	}
	begin_issue(VERSION, "{}");
	stage.request.method = "GET";
	stage_imds(&stage);
	expect_refused(RULE_ISSUE_METHOD, 405, "invalid_request");
	assert_string_equal(stage_answer_header(&stage, "Allow"), "POST");
}

/* META-01: servers match ignoring case and with a trailing slash; it is noted. */
static void odd_paths_are_served_and_noted(void **state)
{
	static const char *const paths[] = {"/Metadata/Identity/getPlatformMetadata",
	                                    STAGE_METADATA "/"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		begin_metadata(VERSION);
		stage.request.path = paths[i];
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 200);
		assert_true(stage_found(&stage, RULE_META_PATH_CASE, false));
		stage_mode(&stage, "path-lower-case", "reject");
		begin_metadata(VERSION);
		stage.request.path = paths[i];
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 404);
		stage_mode(&stage, "path-lower-case", "note");
	}
}

/* META-07 */
static void every_other_path_is_404(void **state)
{
	static const char *const paths[] = {"/",
	                                    "",
	                                    "/metadata",
	                                    STAGE_METADATA "//",
	                                    STAGE_METADATA "x",
	                                    "/metadata/identity/oauth2",
	                                    "/%6detadata/identity/getplatformmetadata"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		begin_metadata(VERSION);
		stage.request.path = paths[i];
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 404);
		assert_int_equal(stage.notes.endpoint, ENDPOINT_UNKNOWN);
		expect_server_header();
	}
}

/* META-03: by default only noted. */
static void a_missing_correlation_id_is_noted_or_refused(void **state)
{
	static const char *const bad[] = {NULL, "", "not-a-guid"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		for (int reject = 0; reject < 2; reject++) {
			stage_mode(&stage, "META-03/correlation-id", reject ? "reject" : "note");
			stage_begin(&stage, "imds", "GET", STAGE_METADATA, VERSION);
			stage_header(&stage, "Metadata", "true");
			if (bad[i])
				stage_header(&stage, "x-ms-client-request-id", bad[i]);
			stage_imds(&stage);
			assert_int_equal(stage.response.status, reject ? 400 : 200);
			assert_true(stage_found(&stage, RULE_META_CORRELATION, reject));
		}
	}
	stage_mode(&stage, "META-03/correlation-id", "off");
	stage_begin(&stage, "imds", "GET", STAGE_METADATA, VERSION);
	stage_header(&stage, "Metadata", "true");
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_silent(&stage, RULE_META_CORRELATION));
}

/* Each rule that rejects by default lets the request through when it only notes. */
static void every_imds_rule_can_be_switched_to_note(void **state)
{
	static const struct {
		const char *query;
		enum rule_id rule;
		const char *name;
	} rows[] = {
	        {NULL, RULE_META_VERSION, "metadata-api-version"},
	        {VERSION "&" VERSION, RULE_META_DUPLICATE, "repeated-parameter"},
	        {VERSION "&msi_res_id=x", RULE_META_MSI_RES_ID, "msi-res-id"},
	        {VERSION "&client_id=nobody", RULE_META_UNKNOWN_IDENTITY, "unknown-identity"},
	        {VERSION "&client_id=" STAGE_USER "&object_id=" STAGE_USER_OID, RULE_META_SELECTOR,
	         "identity-selector"},
	        {VERSION "&colour=red", RULE_META_UNKNOWN_QUERY, "unknown-parameter"},
	        {VERSION "&bypass_cache=true", RULE_ISSUE_BYPASS, "bypass-cache"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		stage_mode(&stage, rows[i].name, "note");
		begin_metadata(rows[i].query);
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 200);
		assert_true(stage_found(&stage, rows[i].rule, false));
		stage_mode(&stage, rows[i].name, "reject");
		begin_metadata(rows[i].query);
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 400);
	}
}

/* The strict profile accepts what a careful client sends. */
static void the_strict_profile_accepts_a_perfect_client(void **state)
{
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	stage_profile(&stage, "strict");
	begin_metadata(VERSION);
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	stage_csr_body(&stage, STAGE_SYSTEM, DRAFT_CUID, &body);
	begin_issue(VERSION, bytes_text(&body));
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(metadata_tells_the_host_and_its_identity),
	        TEST(a_scale_set_host_has_a_vmss_id),
	        TEST(each_selector_finds_its_identity),
	        TEST(without_the_metadata_header_it_is_400_with_the_known_words),
	        TEST(a_metadata_header_must_be_one_and_true),
	        TEST(bad_queries_are_refused_by_their_rule),
	        TEST(a_wrong_version_names_the_newest),
	        TEST(a_query_that_cannot_be_decoded_is_400_in_every_mode),
	        TEST(a_forwarded_request_is_refused),
	        TEST(a_wrong_method_is_405_and_names_the_right_one),
	        TEST(odd_paths_are_served_and_noted),
	        TEST(every_other_path_is_404),
	        TEST(a_missing_correlation_id_is_noted_or_refused),
	        TEST(every_imds_rule_can_be_switched_to_note),
	        TEST(the_strict_profile_accepts_a_perfect_client),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
