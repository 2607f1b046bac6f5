/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "csr_draft.h"
#include "stage.h"
#include "tests/testing.h"

#define VERSION  "cred-api-version=2.0"
#define OTHER    "c1c1c1c1-0000-4000-8000-000000000001"
#define SHORT    "c2c2c2c2-0000-4000-8000-000000000002"
#define TENANT   "99999999-0000-4000-8000-00000000bbbb"
#define V1_TOKEN "/metadata/identity/oauth2/token"
#define V1_QUERY "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
#define COMPUTE  "/metadata/instance/compute"
#define TOKEN    "/" TENANT "/oauth2/v2.0/token"
#define SCOPED   "&grant_type=client_credentials&scope=https%3A%2F%2Fa%2F.default"
#define FORM     "client_id=" SHORT SCOPED
#define POP      "&token_type=mtls_pop"
#define OTHER_HOST                                                                                 \
	"{\"hosts\":{\"other\":{\"vm_id\":\"other-vm\",\"vmss_id\":\"set\",\"tenant_id\":"         \
	"\"" TENANT "\",\"token_lifetime_s\":500,\"certificate_lifetime_s\":1000,\"identities\":[" \
	"{\"kind\":\"system\",\"client_id\":\"" OTHER                                              \
	"\",\"object_id\":\"d1d1d1d1-0000-4000-8000-000000000001\"},"                              \
	"{\"kind\":\"user\",\"client_id\":\"" SHORT                                                \
	"\",\"object_id\":\"d2d2d2d2-0000-4000-8000-000000000002\",\"resource_id\":\"/short\","    \
	"\"certificate_lifetime_s\":60,\"certificate_backdate_s\":7200,\"token_lifetime_s\":30}]}" \
	"}}"

static struct stage stage;

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, OTHER_HOST);
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

/* Asks the IMDS of a host. */
static void ask(const char *host, const char *path, const char *query)
{
	stage_begin(&stage, "imds", "GET", path, query);
	stage.request.host = host;
	stage_header(&stage, "Metadata", "true");
	stage_header(&stage, "x-ms-client-request-id", STAGE_CORRELATION);
	stage_imds(&stage);
}

/* A certificate of the host `other`. */
static X509 *issue(const char *client_id)
{
	static const struct blame blame = {MSIV2_INTERNAL, "certificate"};
	OWNED_STRUCT(bytes) query = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) der = {0};
	X509 *cert = NULL;
	const char *text;

	bytes_addf(&query, VERSION "&client_id=%s", client_id);
	stage_csr_body_in(&stage, TENANT, client_id, "{\"vmId\":\"other-vm\",\"vmssId\":\"set\"}",
	                  &body);
	stage_begin(&stage, "imds", "POST", STAGE_ISSUE, bytes_text(&query));
	stage.request.host = "other";
	stage_header(&stage, "Metadata", "true");
	stage_header(&stage, "Content-Type", "application/json");
	stage_body(&stage, bytes_text(&body));
	stage_imds(&stage);
	assert_int_equal(stage.response.status, 200);
	text = stage_text(&stage, "certificate");
	assert_true(base64_decode(text, strlen(text), &der));
	assert_int_equal(x509_from_der(der.data, der.len, &blame, &cert, NULL), MSIV2_OK);
	return cert;
}

static void expect_validity(X509 *cert, int64_t backdate_s, int64_t lifetime_s)
{
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;

	assert_true(x509_validity(cert, &not_before_s, &not_after_s));
	assert_int_equal(STAGE_NOW_S - not_before_s, backdate_s);
	assert_int_equal(not_after_s - STAGE_NOW_S, lifetime_s);
}

static void ask_token(const char *form, X509 *peer)
{
	stage_begin(&stage, "sts", "POST", TOKEN, NULL);
	stage_header(&stage, "Content-Type", "application/x-www-form-urlencoded");
	stage_header(&stage, "client-request-id", STAGE_CORRELATION);
	stage_peer(&stage, peer);
	stage_body(&stage, form);
	stage_https(&stage);
}

static void each_host_tells_of_itself(void **state)
{
	const cJSON *cu_id;

	(void)state;
	ask("other", STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "clientId"), OTHER);
	assert_string_equal(stage_text(&stage, "tenantId"), TENANT);
	cu_id = cJSON_GetObjectItemCaseSensitive(stage.json, "cuId");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cu_id, "vmId")), "other-vm");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cu_id, "vmssId")), "set");
	ask(CONFIG_HOST_NAME, STAGE_METADATA, VERSION);
	assert_string_equal(stage_text(&stage, "clientId"), STAGE_SYSTEM);
	assert_string_equal(stage_text(&stage, "tenantId"), STAGE_TENANT);
}

static void a_host_has_its_own_identities_only(void **state)
{
	static const char *const selected[] = {
	        VERSION "&client_id=" SHORT, VERSION "&mi_res_id=%2Fshort",
	        VERSION "&object_id=d2d2d2d2-0000-4000-8000-000000000002"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(selected); i++) {
		ask("other", STAGE_METADATA, selected[i]);
		assert_string_equal(stage_text(&stage, "clientId"), SHORT);
		ask(NULL, STAGE_METADATA, selected[i]);
		assert_int_equal(stage.response.status, 400);
	}
	ask("other", STAGE_METADATA, VERSION "&client_id=" STAGE_SYSTEM);
	assert_int_equal(stage.response.status, 400);
}

static void a_host_that_is_gone_answers_nothing(void **state)
{
	(void)state;
	ask("nobody", STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 0);
	assert_int_equal(stage.response.body.len, 0);
}

static void a_host_speaks_its_own_version(void **state)
{
	(void)state;
	stage_change(&stage, "{\"hosts\":{\"other\":{\"contract_version\":\"3.0\"}}}");
	ask("other", STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 400);
	assert_non_null(strstr(bytes_text(&stage.response.body), "\"newest-versions\":[\"3.0\"]"));
	ask("other", STAGE_METADATA, "cred-api-version=3.0");
	assert_int_equal(stage.response.status, 200);
}

/* An identity's own, or its host's, or the configuration's. */
static void issuance_is_the_identitys_or_what_stands_above_it(void **state)
{
	X509 *of_identity = issue(SHORT);
	X509 *of_host = issue(OTHER);
	X509 *of_world = stage_issue(&stage, STAGE_SYSTEM);

	(void)state;
	expect_validity(of_identity, 7200, 60);
	expect_validity(of_host, 300, 1000);
	expect_validity(of_world, 300, 604800);
	ask_token(FORM POP, of_identity);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(stage.json, "expires_in")), 30);
	/* Born at 60 s, it is over at 61. */
	stage.now_s += 61;
	ask_token(FORM POP, of_identity);
	assert_int_equal(stage.response.status, 401);
	assert_true(stage_found(&stage, RULE_STS_CERT_TIME, true));
	stage.now_s -= 61;
	X509_free(of_identity);
	X509_free(of_host);
	X509_free(of_world);
}

static void a_token_is_of_the_tenant_of_the_host(void **state)
{
	X509 *cert = issue(SHORT);

	(void)state;
	ask_token(FORM POP, cert);
	assert_int_equal(stage.response.status, 200);
	stage_begin(&stage, "sts", "GET", "/" TENANT "/v2.0/.well-known/openid-configuration",
	            NULL);
	stage_https(&stage);
	assert_string_equal(stage_text(&stage, "issuer"), "https://localhost:1002/" TENANT "/v2.0");
	/* The identities of the other tenant are nobody here. */
	ask_token("client_id=" STAGE_SYSTEM "&grant_type=client_credentials&"
	          "scope=https%3A%2F%2Fa%2F.default" POP,
	          cert);
	assert_int_equal(stage.response.status, 400);
	assert_true(stage_found(&stage, RULE_STS_CLIENT, true));
	X509_free(cert);
}

static void a_tenant_decides_about_bound_tokens(void **state)
{
	X509 *cert = issue(SHORT);

	(void)state;
	stage_change(&stage, "{\"tenants\":{\"" TENANT "\":{\"pop\":\"required\"}}}");
	ask_token(FORM, cert);
	assert_int_equal(stage.response.status, 400);
	assert_true(stage_found(&stage, RULE_STS_POP_REQUIRED, true));
	ask_token(FORM POP, cert);
	assert_int_equal(stage.response.status, 200);
	stage_change(&stage, "{\"tenants\":{\"" TENANT "\":{\"pop\":null}},\"pop\":\"off\"}");
	ask_token(FORM POP, cert);
	assert_int_equal(stage.response.status, 400);
	assert_true(stage_found(&stage, RULE_STS_POP_OFF, true));
	ask_token(FORM, cert);
	assert_int_equal(stage.response.status, 200);
	stage_mode(&stage, "token-pop-off", "note");
	ask_token(FORM POP, cert);
	assert_string_equal(stage_text(&stage, "token_type"), "mtls_pop");
	X509_free(cert);
}

static void a_tenant_has_resources_and_lifetimes_of_its_own(void **state)
{
	X509 *cert = issue(OTHER);
	static const char form[] = "client_id=" OTHER "&grant_type=client_credentials&"
	                           "scope=https%3A%2F%2Fa%2F.default" POP;

	(void)state;
	stage_change(&stage,
	             "{\"hosts\":{\"other\":{\"token_lifetime_s\":null}},\"tenants\":{\"" TENANT
	             "\":{\"token_resources\":[\"https://b\"],\"token_lifetime_s\":77}}}");
	ask_token(form, cert);
	assert_true(stage_found(&stage, RULE_STS_RESOURCE, true));
	stage_change(&stage, "{\"tenants\":{\"" TENANT "\":{\"token_resources\":null}}}");
	ask_token(form, cert);
	assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(stage.json, "expires_in")), 77);
	X509_free(cert);
}

/* What each personality answers on the paths of v2, v1 and compute. */
static void personalities_have_what_they_are_named_for(void **state)
{
	static const struct {
		const char *name;
		int v2, v1, compute;
	} rows[] = {
	        {"v2", 200, 200, 200},   {"v1-only", 404, 200, 200},    {"aci", 404, 200, 404},
	        {"slow", 200, 200, 200}, {"restarting", 500, 500, 500}, {"black-hole", 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) patch = {0};
		bool answers = rows[i].v2 != 500 && rows[i].v2 != 0;

		bytes_addf(&patch, "{\"hosts\":{\"other\":{\"personality\":\"%s\"}}}",
		           rows[i].name);
		stage_change(&stage, bytes_text(&patch));
		ask("other", STAGE_METADATA, VERSION);
		assert_int_equal(stage.response.status, rows[i].v2);
		assert_int_equal(stage_answer_header(&stage, "Server") != NULL,
		                 answers); /* META-06 */
		assert_int_equal(stage.notes.endpoint, ENDPOINT_METADATA);
		ask("other", V1_TOKEN, V1_QUERY);
		assert_int_equal(stage.response.status, rows[i].v1);
		ask("other", COMPUTE, "api-version=2021-02-01");
		assert_int_equal(stage.response.status, rows[i].compute);
		ask(NULL, STAGE_METADATA, VERSION);
		assert_int_equal(stage.response.status, 200);
	}
}

static void a_slow_host_takes_its_time_on_the_clock(void **state)
{
	int64_t before_us = stage.mono_us;

	(void)state;
	stage_change(&stage, "{\"host\":{\"personality\":\"slow\",\"slow_ms\":1500}}");
	ask(NULL, STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(stage.mono_us - before_us, 1500000);
}

static bool left_at_once(void *ctx)
{
	(*(int *)ctx)++;
	return true;
}

/* Leaves after some looks; the host may be changed meanwhile. */
static bool left_later(void *ctx)
{
	return ++*(int *)ctx > 3;
}

static bool changes_the_host(void *ctx)
{
	if (++*(int *)ctx == 2)
		stage_change(&stage, "{\"host\":{\"personality\":\"v2\"}}");
	return false;
}

static bool stops_the_world(void *ctx)
{
	if (++*(int *)ctx == 2)
		world_stop(stage.world);
	return false;
}

static void ask_waiting(bool (*left)(void *ctx), int *looks)
{
	stage_begin(&stage, "imds", "GET", STAGE_METADATA, VERSION);
	stage_header(&stage, "Metadata", "true");
	stage.request.client_left = left;
	stage.request.client_ctx = looks;
	*looks = 0;
	stage_imds(&stage);
}

static void waiting_ends_when_the_client_leaves(void **state)
{
	int looks = 0;

	(void)state;
	stage_change(&stage, "{\"host\":{\"personality\":\"slow\"}}");
	ask_waiting(left_at_once, &looks);
	assert_int_equal(stage.response.status, 0);
	assert_in_range(looks, 1, 2);
	stage_change(&stage, "{\"host\":{\"personality\":\"black-hole\"}}");
	ask_waiting(left_later, &looks);
	assert_int_equal(stage.response.status, 0);
	assert_int_equal(looks, 4);
}

static void waiting_ends_when_the_host_changes(void **state)
{
	int looks = 0;

	(void)state;
	stage_change(&stage, "{\"host\":{\"personality\":\"black-hole\"}}");
	ask_waiting(changes_the_host, &looks);
	assert_int_equal(stage.response.status, 0);
	assert_int_equal(looks, 2);
}

static void waiting_ends_with_the_world(void **state)
{
	struct stage other = stage;
	int looks = 0;

	(void)state;
	stage_new(&stage, "{\"host\":{\"personality\":\"black-hole\"}}");
	ask_waiting(stops_the_world, &looks);
	assert_int_equal(stage.response.status, 0);
	assert_int_equal(looks, 2);
	stage_free(&stage);
	stage = other;
	stage.clock.ctx = &stage;
}

/* NET-05: so many within a second, for each host apart, and none of them again after it. */
static void requests_beyond_the_rate_are_refused(void **state)
{
	(void)state;
	stage_change(&stage, "{\"rate_limits\":{\"enabled\":true,\"requests_per_s\":3}}");
	for (int i = 0; i < 3; i++) {
		ask(NULL, STAGE_METADATA, VERSION);
		assert_int_equal(stage.response.status, 200);
	}
	ask(NULL, V1_TOKEN, V1_QUERY);
	assert_int_equal(stage.response.status, 429);
	assert_true(stage_found(&stage, RULE_NET_RATE, true));
	assert_null(stage_answer_header(&stage, "Retry-After"));
	assert_non_null(stage_answer_header(&stage, "Server"));
	ask(NULL, COMPUTE, "api-version=2021-02-01");
	assert_int_equal(stage.response.status, 200);
	ask("other", STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 200);
	/* World time does not give anything back, real time does. */
	stage.now_s += 10;
	ask(NULL, STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 429);
	stage.now_s -= 10;
	stage.mono_us += 1000000;
	ask(NULL, STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 200);
}

static void a_limit_may_tell_when_to_come_again_or_only_note(void **state)
{
	(void)state;
	stage.mono_us += 5000000;
	stage_change(&stage, "{\"rate_limits\":{\"enabled\":true,\"requests_per_s\":1,"
	                     "\"retry_after_s\":7}}");
	ask(NULL, STAGE_METADATA, VERSION);
	ask(NULL, STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 429);
	assert_string_equal(stage_answer_header(&stage, "Retry-After"), "7");
	stage_mode(&stage, "imds-request-rate", "note");
	ask(NULL, STAGE_METADATA, VERSION);
	assert_int_equal(stage.response.status, 200);
	assert_true(stage_found(&stage, RULE_NET_RATE, false));
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_host_tells_of_itself),
	        TEST(a_host_has_its_own_identities_only),
	        TEST(a_host_that_is_gone_answers_nothing),
	        TEST(a_host_speaks_its_own_version),
	        TEST(issuance_is_the_identitys_or_what_stands_above_it),
	        TEST(a_token_is_of_the_tenant_of_the_host),
	        TEST(a_tenant_decides_about_bound_tokens),
	        TEST(a_tenant_has_resources_and_lifetimes_of_its_own),
	        TEST(personalities_have_what_they_are_named_for),
	        TEST(a_slow_host_takes_its_time_on_the_clock),
	        TEST(waiting_ends_when_the_client_leaves),
	        TEST(waiting_ends_when_the_host_changes),
	        TEST(waiting_ends_with_the_world),
	        TEST(requests_beyond_the_rate_are_refused),
	        TEST(a_limit_may_tell_when_to_come_again_or_only_note),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
