/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The token leg against a token service with every kind of manners (STS-01..06, NET-02), and the
 * protected resource (RES-01). */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "fake_cloud.h"
#include "ref/resource.h"
#include "ref/sts.h"

static const struct msiv2_request vault = {.resource = CLOUD_RESOURCE};

struct desk {
	struct fake_cloud cloud;
	struct msiv2_client *client;
	struct msiv2_token *token;
	struct msiv2_error *err;
	/* for scripts */
	int bad_answers;
	int bad_status;
	const char *headers;
	const char *body;
	enum peer_manners manners;
	size_t after;
};

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	desk->client = fake_cloud_client(&desk->cloud, true);
	desk->err = msiv2_error_new();
	desk->bad_answers = 1000;
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	msiv2_token_free(desk->token);
	msiv2_error_free(desk->err);
	msiv2_client_free(desk->client);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

static bool say_badly(struct fake_cloud *cloud, enum leg leg, int nth,
                      const struct peer_request *request, struct peer_answer *answer)
{
	const struct desk *desk = (const struct desk *)cloud; /* its first member */

	(void)request;
	if ((leg != LEG_TOKEN && leg != LEG_RESOURCE) || nth > desk->bad_answers)
		return false;
	answer->status = desk->bad_status;
	answer->headers = desk->headers;
	answer->manners = desk->manners;
	answer->after = desk->after;
	if (desk->body != NULL)
		bytes_add_text(&answer->body, desk->body);
	return true;
}

static enum msiv2_rc acquire(struct desk *desk, const struct msiv2_request *request)
{
	msiv2_token_free(desk->token);
	desk->token = NULL;
	return msiv2_client_acquire(desk->client, request, &desk->token, desk->err);
}

/* ---- what is sent ---- */

static void a_pop_token_is_asked_for_as_the_protocol_says(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	assert_string_equal(desk->cloud.target[LEG_TOKEN],
	                    "POST /" CLOUD_TENANT_ID "/oauth2/v2.0/token");
	assert_string_equal(desk->cloud.body[LEG_TOKEN],
	                    "client_id=" CLOUD_CLIENT_ID
	                    "&scope=https%3A%2F%2Fvault.azure.net%2F.default"
	                    "&grant_type=client_credentials&token_type=mtls_pop");
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN,
	                       "Content-Type: application/x-www-form-urlencoded\r\n");
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN, "client-request-id: ");
}

static void one_correlation_id_goes_through_all_legs(void **state)
{
	struct desk *desk = *state;
	const char *line;
	char id[40];

	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	line = strstr(desk->cloud.head[LEG_METADATA], "x-ms-client-request-id: ");
	assert_non_null(line);
	(void)snprintf(id, sizeof(id), "%.36s", line + 24);
	assert_true(text_is_uuid(id));
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, id);
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN, id);
}

static void a_bearer_token_is_asked_for_without_a_type(void **state)
{
	struct desk *desk = *state;

	desk->cloud.token_type = "Bearer";
	assert_int_equal(acquire(desk, &(struct msiv2_request){.resource = CLOUD_RESOURCE,
	                                                       .token_type = MSIV2_TOKEN_BEARER}),
	                 MSIV2_OK);
	assert_null(strstr(desk->cloud.body[LEG_TOKEN], "token_type"));
	assert_string_equal(msiv2_token_type(desk->token), "Bearer");
}

static void a_scope_ends_in_exactly_one_default(void **state)
{
	static const struct {
		const char *resource, *scope;
	} rows[] = {
	        {"https://a", "https://a/.default"},
	        {"https://a/", "https://a/.default"},
	        {"https://a//", "https://a/.default"},
	        {"https://a/.default", "https://a/.default"},
	        {"https://a//.default", "https://a/.default"},
	        {"api://app", "api://app/.default"},
	        {"a/.default/b", "a/.default/b/.default"},
	        {"/.default", "/.default/.default"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) scope = {0};

		sts_add_scope(&scope, rows[i].resource);
		assert_string_equal(bytes_text(&scope), rows[i].scope);
	}
}

static void the_endpoint_may_end_in_slashes_and_the_tenant_is_encoded(void **state)
{
	struct desk *desk = *state;
	char endpoint[128];

	(void)snprintf(endpoint, sizeof(endpoint), "%s/base//",
	               scripted_peer_base(desk->cloud.sts));
	desk->cloud.endpoint = endpoint;
	desk->cloud.tenant_id = "a/b";
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	assert_string_equal(desk->cloud.target[LEG_TOKEN], "POST /base/a%2Fb/oauth2/v2.0/token");
}

/* ---- refusals ---- */

static void a_refusal_carries_the_services_words_and_keeps_the_certificate(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 400;
	desk->bad_answers = 1;
	desk->body = "{\"error\":\"invalid_resource\",\"error_description\":\"AADSTS500011: no\","
	             "\"error_codes\":[500011]}";
	assert_int_equal(acquire(desk, &vault), MSIV2_STS_REFUSED);
	assert_string_equal(msiv2_error_where(desk->err), "sts.token");
	assert_string_equal(msiv2_error_code(desk->err), "invalid_resource");
	assert_int_equal(msiv2_error_http_status(desk->err), 400);
	assert_non_null(strstr(msiv2_error_message(desk->err), "AADSTS500011"));
	assert_true(text_is_uuid(msiv2_error_correlation_id(desk->err)));
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
	desk->cloud.script = NULL;
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	fake_cloud_expect(&desk->cloud, 0, 0, 1);
}

static void a_redirect_is_a_refusal(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 302;
	desk->headers = "Location: /elsewhere\r\n";
	assert_int_equal(acquire(desk, &vault), MSIV2_STS_REFUSED);
	assert_int_equal(msiv2_error_http_status(desk->err), 302);
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
}

static void a_5xx_is_asked_once_more_after_a_second(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 503;
	desk->bad_answers = 1;
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	fake_cloud_expect(&desk->cloud, 1, 1, 2);
	assert_int_equal(atomic_load(&desk->cloud.clock.waited_us), CLOCK_US_PER_S);
	desk->bad_answers = 1000;
	assert_int_equal(acquire(desk, &(struct msiv2_request){.resource = "https://b"}),
	                 MSIV2_STS_REFUSED);
	fake_cloud_expect(&desk->cloud, 0, 0, 2);
}

static void a_5xx_with_retry_after_is_final(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 503;
	desk->headers = "Retry-After: 1\r\n";
	assert_int_equal(acquire(desk, &vault), MSIV2_STS_REFUSED);
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
}

/* ---- answers that are no token ---- */

static void a_body_that_is_no_token_is_malformed(void **state)
{
	static const char *const bodies[] = {
	        "",
	        "<html>",
	        "{}",
	        "{\"access_token\":\"\",\"token_type\":\"mtls_pop\",\"expires_in\":1}",
	        "{\"access_token\":\"t\",\"expires_in\":1}",
	        "{\"access_token\":\"t\",\"token_type\":\"mtls_pop\"}",
	        "{\"access_token\":\"t\",\"token_type\":\"mtls_pop\",\"expires_in\":\"x\"}",
	        "{\"access_token\":\"t\",\"token_type\":\"mtls_pop\",\"expires_in\":-1}",
	};
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 200;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		desk->body = bodies[i];
		assert_int_equal(acquire(desk, &vault), MSIV2_STS_MALFORMED);
	}
	fake_cloud_expect(&desk->cloud, 1, 1, (int)TEXT_COUNT(bodies));
}

static void a_token_of_the_other_type_is_malformed_either_way(void **state)
{
	struct desk *desk = *state;

	desk->cloud.token_type = "Bearer";
	assert_int_equal(acquire(desk, &vault), MSIV2_STS_MALFORMED);
	desk->cloud.token_type = "mtls_pop";
	assert_int_equal(acquire(desk, &(struct msiv2_request){.resource = CLOUD_RESOURCE,
	                                                       .token_type = MSIV2_TOKEN_BEARER}),
	                 MSIV2_STS_MALFORMED);
	fake_cloud_expect(&desk->cloud, 1, 1, 2);
	desk->cloud.token_type = "MTLS_POP";
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	assert_string_equal(msiv2_token_type(desk->token), "mtls_pop");
}

static void a_cut_answer_is_malformed(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 200;
	desk->body = "{\"access_token\":\"secret-part\"";
	desk->manners = PEER_CLOSES;
	desk->after = 60;
	assert_int_equal(acquire(desk, &vault), MSIV2_STS_MALFORMED);
	assert_null(strstr(msiv2_error_message(desk->err), "secret"));
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
}

static void a_service_that_is_gone_is_a_transport_error_and_the_certificate_stays(void **state)
{
	struct desk *desk = *state;
	char endpoint[64];

	(void)snprintf(endpoint, sizeof(endpoint), "https://localhost:%d",
	               scripted_peer_free_port());
	desk->cloud.endpoint = endpoint;
	assert_int_equal(acquire(desk, &vault), MSIV2_TRANSPORT);
	assert_non_null(strstr(msiv2_error_message(desk->err), endpoint));
	assert_int_equal(acquire(desk, &vault), MSIV2_TRANSPORT);
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
}

static void an_endpoint_that_is_not_https_gets_no_certificate(void **state)
{
	static const char *const endpoints[] = {"http://localhost", "https://user@localhost",
	                                        "ftp://localhost", "localhost", ""};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(endpoints); i++) {
		desk->cloud.endpoint = endpoints[i];
		assert_int_equal(acquire(desk, &vault), MSIV2_IMDS_MALFORMED);
	}
	fake_cloud_expect(&desk->cloud, 5, 5, 0);
}

/* ---- the resource ---- */

static enum msiv2_rc call(struct desk *desk, const struct msiv2_call *what,
                          struct msiv2_response **out)
{
	return msiv2_client_call(desk->client, &vault, what, out, desk->err);
}

static void a_resource_is_called_with_token_and_body(void **state)
{
	struct desk *desk = *state;
	struct msiv2_response *response = NULL;
	struct msiv2_call what = {.body = "{\"a\":1}"};
	char url[128];
	size_t len;

	(void)snprintf(url, sizeof(url), "%s/thing?x=1", scripted_peer_base(desk->cloud.sts));
	what.url = url;
	assert_int_equal(call(desk, &what, &response), MSIV2_OK);
	assert_int_equal(msiv2_response_status(response), 200);
	assert_string_equal(msiv2_response_body(response, &len), "hello");
	assert_int_equal(len, 5);
	assert_string_equal(msiv2_response_header(response, "content-length"), "5");
	assert_true(msiv2_response_time_us(response) >= 0);
	assert_string_equal(msiv2_token_secret(msiv2_response_token(response)), "token-1");
	assert_string_equal(desk->cloud.target[LEG_RESOURCE], "POST /thing?x=1");
	fake_cloud_expect_text(&desk->cloud, LEG_RESOURCE, "Authorization: mtls_pop token-1\r\n");
	fake_cloud_expect_text(&desk->cloud, LEG_RESOURCE, "Content-Type: application/json\r\n");
	assert_string_equal(desk->cloud.body[LEG_RESOURCE], "{\"a\":1}");
	msiv2_response_free(response);
}

static void what_the_resource_says_is_an_answer_and_never_asked_for_twice(void **state)
{
	static const int statuses[] = {204, 302, 401, 404, 500, 503};
	struct desk *desk = *state;
	char url[128];

	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	(void)snprintf(url, sizeof(url), "%s/thing", scripted_peer_base(desk->cloud.sts));
	desk->cloud.script = say_badly;
	desk->headers = "WWW-Authenticate: Bearer claims=\"x\"\r\n";
	for (size_t i = 0; i < TEXT_COUNT(statuses); i++) {
		struct msiv2_response *response = NULL;

		desk->bad_status = statuses[i];
		assert_int_equal(call(desk, &(struct msiv2_call){.url = url}, &response), MSIV2_OK);
		assert_int_equal(msiv2_response_status(response), statuses[i]);
		assert_string_equal(msiv2_response_header(response, "www-authenticate"),
		                    "Bearer claims=\"x\"");
		msiv2_response_free(response);
	}
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_RESOURCE), TEXT_COUNT(statuses));
}

static void a_broken_resource_is_a_transport_error_and_keeps_the_certificate(void **state)
{
	static const enum peer_manners ways[] = {PEER_RESETS, PEER_CLOSES};
	struct desk *desk = *state;
	char url[128];

	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	(void)snprintf(url, sizeof(url), "%s/thing", scripted_peer_base(desk->cloud.sts));
	desk->cloud.script = say_badly;
	for (size_t i = 0; i < TEXT_COUNT(ways); i++) {
		struct msiv2_response *response = NULL;

		desk->manners = ways[i];
		assert_int_equal(call(desk, &(struct msiv2_call){.url = url}, &response),
		                 MSIV2_TRANSPORT);
		assert_null(response);
		assert_string_equal(msiv2_error_where(desk->err), "resource");
	}
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
}

static void a_call_is_checked_before_a_token_is_asked_for(void **state)
{
	static const struct msiv2_call bad[] = {
	        {.url = NULL},
	        {.url = ""},
	        {.url = "http://localhost/"},
	        {.url = "localhost"},
	        {.url = "https://"},
	        {.url = "https://localhost/a b"},
	        {.url = "https://localhost/\r\nX: y"},
	        {.url = "https://localhost/", .method = ""},
	        {.url = "https://localhost/", .method = "GET /evil"},
	        {.url = "https://localhost/", .content_type = "a\r\nX: y"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		struct msiv2_response *response = NULL;

		assert_int_equal(call(desk, &bad[i], &response), MSIV2_CONFIG);
	}
	assert_int_equal(call(desk, NULL, NULL), MSIV2_CONFIG);
	fake_cloud_expect(&desk->cloud, 0, 0, 0);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_pop_token_is_asked_for_as_the_protocol_says),
	        at_a_desk(one_correlation_id_goes_through_all_legs),
	        at_a_desk(a_bearer_token_is_asked_for_without_a_type),
	        cmocka_unit_test(a_scope_ends_in_exactly_one_default),
	        at_a_desk(the_endpoint_may_end_in_slashes_and_the_tenant_is_encoded),
	        at_a_desk(a_refusal_carries_the_services_words_and_keeps_the_certificate),
	        at_a_desk(a_redirect_is_a_refusal),
	        at_a_desk(a_5xx_is_asked_once_more_after_a_second),
	        at_a_desk(a_5xx_with_retry_after_is_final),
	        at_a_desk(a_body_that_is_no_token_is_malformed),
	        at_a_desk(a_token_of_the_other_type_is_malformed_either_way),
	        at_a_desk(a_cut_answer_is_malformed),
	        at_a_desk(a_service_that_is_gone_is_a_transport_error_and_the_certificate_stays),
	        at_a_desk(an_endpoint_that_is_not_https_gets_no_certificate),
	        at_a_desk(a_resource_is_called_with_token_and_body),
	        at_a_desk(what_the_resource_says_is_an_answer_and_never_asked_for_twice),
	        at_a_desk(a_broken_resource_is_a_transport_error_and_keeps_the_certificate),
	        at_a_desk(a_call_is_checked_before_a_token_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
