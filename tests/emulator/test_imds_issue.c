/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <openssl/x509v3.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
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

/* ISSUE-02, ISSUE-03 */
static void a_good_csr_gets_a_seven_day_certificate(void **state)
{
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) subject = {0};
	OWNED_STRUCT(bytes) issuer = {0};
	OWNED(X509) *cert = NULL;
	static const struct blame blame = {MSIV2_INTERNAL, "certificate"};
	const char *text;
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	(void)state;
	stage_csr_body(&stage, STAGE_SYSTEM, DRAFT_CUID, &body);
	begin_issue(VERSION, bytes_text(&body));
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "client_id"), STAGE_SYSTEM);
	assert_string_equal(stage_text(&stage, "tenant_id"), STAGE_TENANT);
	assert_string_equal(stage_text(&stage, "identity_type"), "SystemAssigned");
	assert_string_equal(stage_text(&stage, "mtls_authentication_endpoint"),
	                    "https://localhost:1002");
	assert_int_equal(cJSON_GetArraySize(stage.json), 5);
	text = stage_text(&stage, "certificate");
	assert_true(base64_decode(text, strlen(text), &der));
	assert_int_equal(x509_from_der(der.data, der.len, &blame, &cert, NULL), MSIV2_OK);
	assert_true(x509_validity(cert, &not_before_s, &not_after_s));
	assert_int_equal(not_before_s, STAGE_NOW_S - 300);
	assert_int_equal(not_after_s, STAGE_NOW_S + 604800);
	x509_name_text(X509_get_subject_name(cert), &subject);
	assert_string_equal(bytes_text(&subject), "DC=" STAGE_TENANT ",CN=" STAGE_SYSTEM);
	x509_name_text(X509_get_issuer_name(cert), &issuer);
	assert_non_null(strstr(bytes_text(&issuer), "NOT FOR PRODUCTION")); /* SEC-02 */
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), stage.key), 1);
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
	assert_int_equal(strlen(stage.notes.certificate_sha256), 64);
	assert_int_equal(stage.notes.findings.count, 0);
	expect_server_header();
}

static void a_user_assigned_identity_is_named_so(void **state)
{
	OWNED(X509) *cert = NULL;

	(void)state;
	cert = stage_issue(&stage, STAGE_USER);
	assert_string_equal(stage_text(&stage, "identity_type"), "UserAssigned");
	assert_string_equal(stage_text(&stage, "client_id"), STAGE_USER);
}

/* The configuration decides endpoint, lifetime and back-dating. */
static void lifetime_and_endpoint_are_configurable(void **state)
{
	struct stage other;
	OWNED(X509) *cert = NULL;
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	(void)state;
	stage_new(&other, "{\"certificate_lifetime_s\":60,\"certificate_backdate_s\":0,"
	                  "\"mtls_authentication_endpoint\":\"https://mtls.example\"}");
	cert = stage_issue(&other, STAGE_SYSTEM);
	assert_true(x509_validity(cert, &not_before_s, &not_after_s));
	assert_int_equal(not_before_s, STAGE_NOW_S);
	assert_int_equal(not_after_s, STAGE_NOW_S + 60);
	assert_string_equal(stage_text(&other, "mtls_authentication_endpoint"),
	                    "https://mtls.example");
	stage_free(&other);
}

/* ISSUE-01: what is not an acceptable body, whatever the modes. */
static void bad_bodies_are_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "null",
	        "[]",
	        "{}",
	        "csr=x",
	        "{\"csr\":null}",
	        "{\"csr\":1}",
	        "{\"csr\":\"\"}",
	        "{\"csr\":[\"x\"]}",
	        "{\"csr\":\"x\",\"csr\":\"y\"}",
	        "{\"csr\":\"x\"} ",
	        "{\"csr\":\"x\"}{}",
	        "{\"csr\":\"x\",\"attestation_token\":1}",
	        "{\"csr\":\"!!!\"}",
	        "{\"csr\":\"AAAA\"}",
	        "{\"csr\":\"-----BEGIN CERTIFICATE REQUEST-----\"}",
	};
	static const char *const modes[] = {"default", "lenient"};

	(void)state;
	for (size_t m = 0; m < TEXT_COUNT(modes); m++) {
		stage_profile(&stage, modes[m]);
		for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
			begin_issue(VERSION, bad[i]);
			stage_imds(&stage);
			assert_int_equal(stage.response.status, 400);
			assert_string_equal(stage_text(&stage, "error"), "invalid_request");
			assert_string_equal(stage.notes.certificate_sha256, "");
		}
	}
}

static void cut_bodies_are_refused(void **state)
{
	(void)state;
	begin_issue(VERSION, "{\"csr\":\"x\"}");
	stage.request.body_too_large = true;
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 413);
	begin_issue(VERSION, "{\"csr\":\"x\"}");
	stage.request.body_truncated = true;
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 400);
	assert_non_null(strstr(stage_text(&stage, "error_description"), "shorter"));
}

static void the_content_type_is_json(void **state)
{
	static const struct {
		const char *type;
		bool good;
	} types[] = {
	        {"application/json", true},
	        {"Application/JSON", true},
	        {"application/json;charset=UTF-8", true},
	        {"application/json; charset=\"utf-8\"", true},
	        {"application/json; charset=latin1", false},
	        {"application/jsonp", false},
	        {"text/plain", false},
	        {"application/x-www-form-urlencoded", false},
	        {"", false},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(types); i++) {
		stage_begin(&stage, "imds", "POST", STAGE_ISSUE, VERSION);
		stage_header(&stage, "Metadata", "true");
		stage_header(&stage, "Content-Type", types[i].type);
		stage_body(&stage, "{}");
		stage_imds(&stage);
		assert_int_equal(stage.response.status, types[i].good ? 400 : 415);
		assert_true(stage_silent(&stage, RULE_ISSUE_CONTENT_TYPE) == types[i].good);
	}
	stage_begin(&stage, "imds", "POST", STAGE_ISSUE, VERSION);
	stage_header(&stage, "Metadata", "true");
	stage_imds(&stage);
	expect_refused(RULE_ISSUE_CONTENT_TYPE, 415, "invalid_request");
}

/* ATT-02: "", null and absent are alike. */
static void an_empty_attestation_token_is_as_good_as_none(void **state)
{
	static const char *const members[] = {"", ",\"attestation_token\":null",
	                                      ",\"attestation_token\":\"\"",
	                                      ",\"attestation_token\":\"x\""};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		OWNED_STRUCT(bytes) csr = {0};
		OWNED_STRUCT(bytes) body = {0};

		stage_csr_body(&stage, STAGE_SYSTEM, DRAFT_CUID, &csr);
		bytes_addf(&body, "%.*s%s}", (int)csr.len - 1, bytes_text(&csr), members[i]);
		begin_issue(VERSION, bytes_text(&body));
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 200);
	}
}

static void unknown_members_are_noted_or_refused(void **state)
{
	OWNED_STRUCT(bytes) csr = {0};
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	stage_csr_body(&stage, STAGE_SYSTEM, DRAFT_CUID, &csr);
	bytes_addf(&body, "%.*s,\"colour\":\"red\"}", (int)csr.len - 1, bytes_text(&csr));
	begin_issue(VERSION, bytes_text(&body));
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_ISSUE_MEMBERS, false));
	stage_mode(&stage, "issue-unknown-member", "reject");
	begin_issue(VERSION, bytes_text(&body));
	stage_imds(&stage);
	expect_refused(RULE_ISSUE_MEMBERS, 400, "invalid_request");
}

/* CSR-01, CSR-03: the CSR has to say what the metadata said, for the identity that is selected. */
static void a_csr_for_another_identity_or_host_is_refused(void **state)
{
	OWNED_STRUCT(bytes) other_client = {0};
	OWNED_STRUCT(bytes) other_host = {0};
	OWNED_STRUCT(bytes) empty_vmss = {0};

	(void)state;
	stage_csr_body(&stage, STAGE_SYSTEM, DRAFT_CUID, &other_client);
	begin_issue(VERSION "&client_id=" STAGE_USER, bytes_text(&other_client));
	stage_imds(&stage);
	expect_refused(RULE_CSR_SUBJECT, 400, "invalid_request");
	stage_csr_body(&stage, STAGE_SYSTEM, "{\"vmId\":\"other\"}", &other_host);
	begin_issue(VERSION, bytes_text(&other_host));
	stage_imds(&stage);
	expect_refused(RULE_CSR_CUID_VALUE, 400, "invalid_request");
	stage_csr_body(&stage, STAGE_SYSTEM, "{\"vmId\":\"" DRAFT_VM_ID "\",\"vmssId\":\"\"}",
	               &empty_vmss);
	begin_issue(VERSION, bytes_text(&empty_vmss));
	stage_imds(&stage);
	expect_refused(RULE_CSR_EMPTY_VMSSID, 400, "invalid_request");
	assert_non_null(strstr(stage_text(&stage, "error_description"), "CSR is invalid"));
}

/* ISSUE-06 */
static void bypass_cache_is_true_or_noted(void **state)
{
	OWNED_STRUCT(bytes) body = {0};

	(void)state;
	stage_csr_body(&stage, STAGE_SYSTEM, DRAFT_CUID, &body);
	begin_issue(VERSION "&bypass_cache=true", bytes_text(&body));
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_silent(&stage, RULE_ISSUE_BYPASS));
	begin_issue(VERSION "&bypass_cache=maybe", bytes_text(&body));
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_ISSUE_BYPASS, false));
}

/* The rules of the frame hold for issuecredential just as for the metadata. */
static void the_frame_of_issuecredential_is_checked_too(void **state)
{
	static const struct {
		const char *query;
		enum rule_id rule;
	} bad[] = {
	        {"", RULE_META_VERSION},
	        {VERSION "&client_id=nobody", RULE_META_UNKNOWN_IDENTITY},
	        {VERSION "&msi_res_id=x", RULE_META_MSI_RES_ID},
	        {VERSION "&" VERSION, RULE_META_DUPLICATE},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		begin_issue(bad[i].query, "{}");
		stage_imds(&stage);
		assert_int_equal(stage.response.status, 400);
		assert_true(stage_found(&stage, bad[i].rule, true));
	}
	stage_begin(&stage, "imds", "POST", STAGE_ISSUE, VERSION);
	stage_imds(&stage);
	expect_refused(RULE_META_HEADER, 400, "invalid_request");
	assert_int_equal(stage.notes.endpoint, ENDPOINT_ISSUE);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_good_csr_gets_a_seven_day_certificate),
	        TEST(a_user_assigned_identity_is_named_so),
	        TEST(lifetime_and_endpoint_are_configurable),
	        TEST(bad_bodies_are_refused),
	        TEST(cut_bodies_are_refused),
	        TEST(the_content_type_is_json),
	        TEST(an_empty_attestation_token_is_as_good_as_none),
	        TEST(unknown_members_are_noted_or_refused),
	        TEST(a_csr_for_another_identity_or_host_is_refused),
	        TEST(bypass_cache_is_true_or_noted),
	        TEST(the_frame_of_issuecredential_is_checked_too),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
