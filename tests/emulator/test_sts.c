/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "stage.h"
#include "tests/testing.h"

#define SCOPE    "scope=https%3A%2F%2Fvault.azure.net%2F.default"
#define GRANT    "grant_type=client_credentials"
#define CLIENT   "client_id=" STAGE_SYSTEM
#define POP_FORM CLIENT "&" SCOPE "&" GRANT "&token_type=mtls_pop"

static struct stage stage;
static X509 *certificate;         /* of the system-assigned identity */
static X509 *foreign_certificate; /* same subject, another emulator's CA */

static int make_stage(void **state)
{
	struct stage other;

	(void)state;
	stage_new(&stage, NULL);
	certificate = stage_issue(&stage, STAGE_SYSTEM);
	stage_new(&other, NULL);
	foreign_certificate = stage_issue(&other, STAGE_SYSTEM);
	stage_free(&other);
	return 0;
}

static int drop_stage(void **state)
{
	(void)state;
	X509_free(certificate);
	X509_free(foreign_certificate);
	stage_free(&stage);
	return 0;
}

static int reset_world(void **state)
{
	(void)state;
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	return 0;
}

/* A token request with that form, from the owner of that certificate. */
static void begin(const char *form, X509 *peer)
{
	stage_begin(&stage, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(&stage, "Content-Type", "application/x-www-form-urlencoded");
	stage_header(&stage, "client-request-id", STAGE_CORRELATION);
	stage_peer(&stage, peer);
	stage_body(&stage, form);
}

static void ask(const char *form, X509 *peer)
{
	begin(form, peer);
	stage_https(&stage);
}

/* STS-04: the whole of Entra's error shape. */
static void expect_refused(int status, const char *error, int code)
{
	const cJSON *codes = cJSON_GetObjectItem(stage.json, "error_codes");
	char start[32];
	const char *words = stage_text(&stage, "error_description");

	snprintf(start, sizeof(start), "AADSTS%d: ", code);
	assert_int_equal(stage.response.status, status);
	assert_string_equal(stage_text(&stage, "error"), error);
	assert_true(text_starts(words, start));
	assert_non_null(strstr(words, " Trace ID: "));
	assert_non_null(strstr(words, " Correlation ID: "));
	assert_non_null(strstr(words, " Timestamp: "));
	assert_int_equal(cJSON_GetArraySize(codes), 1);
	assert_int_equal(cJSON_GetArrayItem(codes, 0)->valueint, code);
	assert_true(text_is_uuid(stage_text(&stage, "trace_id")));
	assert_true(text_is_uuid(stage_text(&stage, "correlation_id")));
	assert_true(text_starts(stage_text(&stage, "error_uri"), "https://localhost:1002/error"));
	assert_int_equal(strlen(stage_text(&stage, "timestamp")), 20);
	assert_string_equal(stage_text(&stage, "access_token"), "");
	assert_string_equal(stage.notes.error, error);
}

/* The claims of a JWT, unverified: the signature is the business of other tests. */
static cJSON *claims_of(const char *jwt)
{
	static const struct blame blame = {MSIV2_INTERNAL, "jwt"};
	const char *dot = strchr(jwt, '.');
	OWNED_STRUCT(bytes) payload = {0};
	cJSON *json = NULL;

	assert_non_null(dot);
	assert_true(base64url_decode(dot + 1, strcspn(dot + 1, "."), &payload));
	assert_int_equal(json_parse_object(payload.data, payload.len, &blame, &json, NULL),
	                 MSIV2_OK);
	return json;
}

/* base64url of the SHA-256 of the DER (RFC 8705 section 3.1). */
static void thumbprint_of(X509 *cert, struct bytes *out)
{
	uint8_t sha256[X509_SHA256_LEN];

	assert_int_equal(x509_sha256(cert, sha256, NULL), MSIV2_OK);
	base64url_encode(sha256, sizeof(sha256), out);
}

/* STS-03, TOK-01 */
static void a_pop_token_is_bound_to_the_certificate(void **state)
{
	OWNED_STRUCT(bytes) thumbprint = {0};
	OWNED(cJSON) *claims = NULL;
	const cJSON *cnf;

	(void)state;
	thumbprint_of(certificate, &thumbprint);
	ask(POP_FORM, certificate);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "token_type"), "mtls_pop");
	assert_int_equal(cJSON_GetObjectItem(stage.json, "expires_in")->valueint, 86400);
	claims = claims_of(stage_text(&stage, "access_token"));
	cnf = cJSON_GetObjectItem(claims, "cnf");
	assert_string_equal(cJSON_GetObjectItem(cnf, "x5t#S256")->valuestring,
	                    bytes_text(&thumbprint));
	assert_string_equal(cJSON_GetObjectItem(claims, "aud")->valuestring,
	                    "https://vault.azure.net");
	assert_string_equal(cJSON_GetObjectItem(claims, "iss")->valuestring,
	                    "https://localhost:1002/" STAGE_TENANT "/v2.0");
	assert_string_equal(cJSON_GetObjectItem(claims, "tid")->valuestring, STAGE_TENANT);
	assert_string_equal(cJSON_GetObjectItem(claims, "appid")->valuestring, STAGE_SYSTEM);
	assert_string_equal(cJSON_GetObjectItem(claims, "oid")->valuestring, STAGE_SYSTEM_OID);
	assert_true(cJSON_GetObjectItem(claims, "exp")->valuedouble ==
	            (double)(STAGE_NOW_S + 86400));
	assert_string_equal(stage.notes.token_jti, cJSON_GetObjectItem(claims, "jti")->valuestring);
	assert_string_equal(stage.notes.token_audience, "https://vault.azure.net");
	assert_string_equal(stage.notes.token_type, "mtls_pop");
	assert_string_equal(stage_answer_header(&stage, "client-request-id"), STAGE_CORRELATION);
	assert_true(text_starts(stage_answer_header(&stage, "Cache-Control"), "no-store"));
	assert_int_equal(stage.notes.endpoint, ENDPOINT_TOKEN);
	assert_int_equal(stage.notes.findings.count, 0);
}

static void without_a_token_type_the_token_is_a_bearer(void **state)
{
	static const char *const forms[] = {CLIENT "&" SCOPE "&" GRANT,
	                                    CLIENT "&" SCOPE "&" GRANT "&token_type=bearer",
	                                    CLIENT "&" SCOPE "&" GRANT "&token_type=Bearer"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(forms); i++) {
		OWNED(cJSON) *claims = NULL;

		ask(forms[i], certificate);
		assert_int_equal(stage.response.status, 200);
		assert_string_equal(stage_text(&stage, "token_type"), "Bearer");
		claims = claims_of(stage_text(&stage, "access_token"));
		assert_null(cJSON_GetObjectItem(claims, "cnf"));
	}
}

/* One spoiled form each (STS-02, STS-08). */
static void bad_forms_are_refused_by_their_rule(void **state)
{
	static const struct {
		const char *form;
		enum rule_id rule;
		const char *error;
		int code;
	} bad[] = {
	        {"", RULE_STS_GRANT_MISSING, "invalid_request", 900144},
	        {CLIENT "&" SCOPE, RULE_STS_GRANT_MISSING, "invalid_request", 900144},
	        {CLIENT "&" SCOPE "&grant_type=", RULE_STS_GRANT_MISSING, "invalid_request",
	         900144},
	        {CLIENT "&" SCOPE "&grant_type=password", RULE_STS_GRANT, "unsupported_grant_type",
	         70003},
	        {SCOPE "&" GRANT, RULE_STS_CLIENT_MISSING, "invalid_request", 900144},
	        {"client_id=nobody&" SCOPE "&" GRANT, RULE_STS_CLIENT, "unauthorized_client",
	         700016},
	        {CLIENT "&" GRANT, RULE_STS_SCOPE_MISSING, "invalid_request", 900144},
	        {CLIENT "&" GRANT "&scope=https://a", RULE_STS_SCOPE, "invalid_resource", 500011},
	        {CLIENT "&" GRANT "&scope=/.default", RULE_STS_SCOPE, "invalid_resource", 500011},
	        {CLIENT "&" GRANT "&scope=a/.default+b/.default", RULE_STS_SCOPE,
	         "invalid_resource", 500011},
	        {CLIENT "&" GRANT "&scope=a/.Default", RULE_STS_SCOPE, "invalid_resource", 500011},
	        {POP_FORM "&token_type=mtls_pop", RULE_STS_DUPLICATE, "invalid_request", 9002313},
	        {POP_FORM "&x=%zz", RULE_STS_FORM, "invalid_request", 9002313},
	        {CLIENT "&" SCOPE "&" GRANT "&token_type=pop", RULE_STS_TOKEN_TYPE,
	         "invalid_request", 9002313},
	        {POP_FORM "&client_secret=s", RULE_STS_SECRET, "invalid_request", 9002313},
	        {POP_FORM "&client_assertion=s", RULE_STS_SECRET, "invalid_request", 9002313},
	        {POP_FORM "&claims=x", RULE_STS_CLAIMS, "invalid_request", 9002313},
	        {POP_FORM "&claims=[]", RULE_STS_CLAIMS, "invalid_request", 9002313},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		ask(bad[i].form, certificate);
		expect_refused(400, bad[i].error, bad[i].code);
		assert_true(stage_found(&stage, bad[i].rule, true));
	}
}

static void the_error_never_repeats_a_secret(void **state)
{
	(void)state;
	ask(POP_FORM "&client_secret=sesame", certificate);
	assert_null(strstr(bytes_text(&stage.response.body), "sesame"));
	assert_null(strstr(stage.notes.findings.items[0].detail, "sesame"));
}

static void good_claims_are_accepted(void **state)
{
	(void)state;
	ask(POP_FORM "&claims=%7B%22access_token%22%3A%7B%7D%7D", certificate);
	assert_int_equal(stage.response.status, 200);
}

static void the_tenant_is_the_one_of_this_world(void **state)
{
	(void)state;
	begin(POP_FORM, certificate);
	stage.request.path = "/00000000-0000-4000-8000-000000000000/oauth2/v2.0/token";
	stage_https(&stage);
	expect_refused(400, "invalid_tenant", 90002);
	assert_int_equal(stage.notes.endpoint, ENDPOINT_TOKEN);
	begin(POP_FORM, certificate);
	stage.request.path = "/72F988BF-0000-4000-8000-00000000AAAA/OAuth2/v2.0/token";
	stage_https(&stage);
	assert_int_equal(stage.response.status, 200);
}

static void the_method_is_post_and_the_type_a_form(void **state)
{
	(void)state;
	begin(POP_FORM, certificate);
	stage.request.method = "GET";
	stage_https(&stage);
	expect_refused(400, "invalid_request", 900561);
	stage_begin(&stage, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(&stage, "Content-Type", "application/json");
	stage_peer(&stage, certificate);
	stage_body(&stage, POP_FORM);
	stage_https(&stage);
	expect_refused(400, "invalid_request", 9002313);
	assert_true(stage_found(&stage, RULE_STS_CONTENT_TYPE, true));
}

static void cut_bodies_are_refused(void **state)
{
	(void)state;
	begin(POP_FORM, certificate);
	stage.request.body_too_large = true;
	stage_https(&stage);
	assert_int_equal(stage.response.status, 413);
	begin(POP_FORM, certificate);
	stage.request.body_truncated = true;
	stage_https(&stage);
	assert_int_equal(stage.response.status, 400);
}

static void without_a_certificate_it_is_392200(void **state)
{
	(void)state;
	ask(POP_FORM, NULL);
	expect_refused(400, "invalid_request", 392200);
	assert_true(stage_found(&stage, RULE_STS_CERT_MISSING, true));
	begin(POP_FORM, NULL);
	stage.request.tls = NULL;
	stage_https(&stage);
	expect_refused(400, "invalid_request", 392200);
}

static void a_certificate_of_a_foreign_ca_is_refused(void **state)
{
	(void)state;
	ask(POP_FORM, foreign_certificate);
	expect_refused(401, "invalid_client", 700027);
	ask(POP_FORM, ca_server(stage.world->ca)); /* ours, but not a client's */
	expect_refused(401, "invalid_client", 700027);
}

/* The world's clock decides, to the second. */
static void a_certificate_is_refused_outside_its_validity(void **state)
{
	(void)state;
	assert_int_equal(world_clock_set(&stage.world->clock, STAGE_NOW_S + 604800, NULL),
	                 MSIV2_OK);
	ask(POP_FORM, certificate);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(world_clock_advance(&stage.world->clock, 1, NULL), MSIV2_OK);
	ask(POP_FORM, certificate);
	expect_refused(401, "invalid_client", 1000502);
	assert_int_equal(world_clock_set(&stage.world->clock, STAGE_NOW_S - 300, NULL), MSIV2_OK);
	ask(POP_FORM, certificate);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(world_clock_advance(&stage.world->clock, -1, NULL), MSIV2_OK);
	ask(POP_FORM, certificate);
	expect_refused(401, "invalid_client", 1000502);
	assert_true(stage_found(&stage, RULE_STS_CERT_TIME, true));
}

static void another_identitys_certificate_is_refused(void **state)
{
	OWNED(X509) *other = stage_issue(&stage, STAGE_USER);

	(void)state;
	ask(POP_FORM, other);
	expect_refused(401, "invalid_client", 500181);
	assert_true(stage_found(&stage, RULE_STS_CERT_CLIENT, true));
	ask("client_id=" STAGE_USER "&" SCOPE "&" GRANT, other);
	assert_int_equal(stage.response.status, 200);
}

/* STS-05 */
static void a_revoked_certificate_is_refused_and_only_that_one(void **state)
{
	OWNED(X509) *kept = stage_issue(&stage, STAGE_SYSTEM);
	OWNED_STRUCT(bytes) hex = {0};
	uint8_t sha256[X509_SHA256_LEN];

	(void)state;
	assert_int_equal(x509_sha256(certificate, sha256, NULL), MSIV2_OK);
	hex_encode(sha256, sizeof(sha256), &hex);
	assert_int_equal(revocations_add_hex(stage.world->revocations, bytes_text(&hex), NULL),
	                 MSIV2_OK);
	ask(POP_FORM, certificate);
	expect_refused(401, "invalid_client", 7000214);
	ask(POP_FORM, kept);
	assert_int_equal(stage.response.status, 200);
}

static void revoking_all_spares_what_is_issued_later_even_in_the_same_second(void **state)
{
	OWNED(X509) *old = stage_issue(&stage, STAGE_SYSTEM);
	OWNED(X509) *fresh = NULL;
	OWNED(X509) *earlier = NULL;

	(void)state;
	revocations_add_all(stage.world->revocations, world_now_s(stage.world));
	fresh = stage_issue(&stage, STAGE_SYSTEM);
	ask(POP_FORM, old);
	expect_refused(401, "invalid_client", 7000214);
	ask(POP_FORM, fresh);
	assert_int_equal(stage.response.status, 200);
	/* Time goes back: what is issued then is new all the same. */
	assert_int_equal(world_clock_advance(&stage.world->clock, -100, NULL), MSIV2_OK);
	earlier = stage_issue(&stage, STAGE_SYSTEM);
	ask(POP_FORM, earlier);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(world_reset(stage.world, NULL), MSIV2_OK);
	ask(POP_FORM, old);
	assert_int_equal(stage.response.status, 200);
}

/* Rules that only note let the request through as far as a token can be made at all. */
static void noted_breaches_still_get_a_token(void **state)
{
	static const struct {
		const char *form;
		enum rule_id rule;
		const char *name;
	} rows[] = {
	        {CLIENT "&" SCOPE "&grant_type=password", RULE_STS_GRANT, "token-grant-type"},
	        {CLIENT "&" GRANT "&scope=plain", RULE_STS_SCOPE, "token-scope"},
	        {POP_FORM "&client_secret=s", RULE_STS_SECRET, "token-no-secret"},
	        {POP_FORM "&colour=red", RULE_STS_UNKNOWN_PARAM, "token-unknown-parameter"},
	        {POP_FORM "&claims=x", RULE_STS_CLAIMS, "token-claims"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		stage_mode(&stage, rows[i].name, "note");
		ask(rows[i].form, certificate);
		assert_int_equal(stage.response.status, 200);
		assert_true(stage_found(&stage, rows[i].rule, false));
	}
	stage_mode(&stage, "token-scope", "note");
	ask(CLIENT "&" GRANT "&scope=plain", certificate);
	assert_string_equal(stage.notes.token_audience, "plain");
}

static void what_a_token_cannot_be_made_without_is_refused_in_every_mode(void **state)
{
	(void)state;
	stage_profile(&stage, "lenient");
	ask(POP_FORM, NULL);
	expect_refused(400, "invalid_request", 392200);
	ask("client_id=nobody&" SCOPE "&" GRANT, certificate);
	expect_refused(400, "unauthorized_client", 700016);
	ask("a=%zz", certificate);
	expect_refused(400, "invalid_request", 9002313);
	/* A bearer token needs no certificate to be bound to. */
	ask(CLIENT "&" SCOPE "&" GRANT, NULL);
	assert_int_equal(stage.response.status, 200);
}

/* META-03 on the token leg. */
static void a_missing_correlation_id_is_noted(void **state)
{
	(void)state;
	stage_begin(&stage, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(&stage, "Content-Type", "application/x-www-form-urlencoded");
	stage_peer(&stage, certificate);
	stage_body(&stage, POP_FORM);
	stage_https(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_STS_CORRELATION, false));
	assert_null(stage_answer_header(&stage, "client-request-id"));
}

static void only_configured_resources_get_tokens(void **state)
{
	struct stage other;
	OWNED(X509) *cert = NULL;

	(void)state;
	stage_new(&other, "{\"token_resources\":[\"https://vault.azure.net\"],"
	                  "\"token_lifetime_s\":60}");
	cert = stage_issue(&other, STAGE_SYSTEM);
	stage_begin(&other, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(&other, "Content-Type", "application/x-www-form-urlencoded");
	stage_peer(&other, cert);
	stage_body(&other, POP_FORM);
	stage_https(&other);
	assert_int_equal(other.response.status, 200);
	assert_int_equal(cJSON_GetObjectItem(other.json, "expires_in")->valueint, 60);
	stage_body(&other, CLIENT "&" GRANT "&scope=https://other/.default");
	stage_https(&other);
	assert_int_equal(other.response.status, 400);
	assert_true(stage_found(&other, RULE_STS_RESOURCE, true));
	stage_free(&other);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_pop_token_is_bound_to_the_certificate),
	        TEST(without_a_token_type_the_token_is_a_bearer),
	        TEST(bad_forms_are_refused_by_their_rule),
	        TEST(the_error_never_repeats_a_secret),
	        TEST(good_claims_are_accepted),
	        TEST(the_tenant_is_the_one_of_this_world),
	        TEST(the_method_is_post_and_the_type_a_form),
	        TEST(cut_bodies_are_refused),
	        TEST(without_a_certificate_it_is_392200),
	        TEST(a_certificate_of_a_foreign_ca_is_refused),
	        TEST(a_certificate_is_refused_outside_its_validity),
	        TEST(another_identitys_certificate_is_refused),
	        TEST(a_revoked_certificate_is_refused_and_only_that_one),
	        TEST(revoking_all_spares_what_is_issued_later_even_in_the_same_second),
	        TEST(noted_breaches_still_get_a_token),
	        TEST(what_a_token_cannot_be_made_without_is_refused_in_every_mode),
	        TEST(a_missing_correlation_id_is_noted),
	        TEST(only_configured_resources_get_tokens),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
