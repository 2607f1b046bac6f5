/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* msiv2 call of a resource that refuses: what people and programs are told. */
#include "tests/testing.h"

#include <stdio.h>

#include "command_run.h"
#include "fake_cloud.h"

struct counter {
	struct fake_cloud cloud;
	struct command_run run;
	const char *body; /* of the refusal */
	const char *headers;
};

static bool refuse(struct fake_cloud *cloud, enum leg leg, int nth,
                   const struct peer_request *request, struct peer_answer *answer)
{
	const struct counter *desk = (const struct counter *)cloud; /* its first member */

	(void)nth;
	(void)request;
	if (leg != LEG_RESOURCE)
		return false;
	if (desk->headers != NULL)
		answer->headers = desk->headers;
	return fake_cloud_says(answer, 401, desk->body != NULL ? desk->body : "");
}

static int setup(void **state)
{
	struct counter *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	desk->cloud.script = refuse;
	desk->run.cloud = &desk->cloud;
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct counter *desk = *state;

	command_run_free(&desk->run);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

#define CALL(desk, ...)                                                                            \
	COMMAND_RUN(&(desk)->run, "call", "--imds", scripted_peer_base((desk)->cloud.imds),        \
	            "--ca", (desk)->cloud.ca.pem, __VA_ARGS__)

static void a_resource_that_refuses_is_exit_20(void **state)
{
	struct counter *desk = *state;
	char url[128];
	cJSON *object;

	(void)snprintf(url, sizeof(url), "%s/thing", scripted_peer_base(desk->cloud.sts));
	desk->body = "{\"error\":\"invalid_token\"}";
	CALL(desk, url);
	assert_int_equal(desk->run.exit_code, 20);
	assert_string_equal(bytes_text(&desk->run.out), desk->body);
	assert_true(command_says(&desk->run.err, "HTTP 401"));
	CALL(desk, url, "--json");
	assert_int_equal(desk->run.exit_code, 20);
	object = command_json(&desk->run);
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(object, "ok")));
	assert_string_equal(command_text_at(cJSON_GetObjectItem(object, "error"), "class"),
	                    "resource_refused");
	assert_true(command_number_at(cJSON_GetObjectItem(object, "response"), "status") > 400);
	assert_string_equal(command_text_at(cJSON_GetObjectItem(object, "response"), "body"),
	                    desk->body);
	cJSON_Delete(object);
}

/* RES-02 */
static void what_the_resource_wants_instead_is_told(void **state)
{
	struct counter *desk = *state;
	char url[128];
	const cJSON *response;
	cJSON *object;

	(void)snprintf(url, sizeof(url), "%s/thing", scripted_peer_base(desk->cloud.sts));
	desk->headers = "WWW-Authenticate: Bearer realm=\"\", error=\"insufficient_claims\", "
	                "claims=\"eyJhIjp7Im5iZiI6bnVsbH19\"\r\n";
	CALL(desk, url);
	assert_int_equal(desk->run.exit_code, 20);
	assert_true(command_says(&desk->run.err, "  challenge  Bearer realm=\"\", error="));
	assert_true(command_says(&desk->run.err, "  --claims   {\"a\":{\"nbf\":null}}\n"));
	CALL(desk, url, "--json");
	object = command_json(&desk->run);
	response = cJSON_GetObjectItem(object, "response");
	assert_string_equal(command_text_at(response, "claims"), "{\"a\":{\"nbf\":null}}");
	assert_true(text_starts(command_text_at(response, "www_authenticate"), "Bearer realm="));
	cJSON_Delete(object);
}

/* SEC-01 */
static void a_challenge_with_the_token_in_it_is_not_repeated(void **state)
{
	struct counter *desk = *state;
	char url[128];

	(void)snprintf(url, sizeof(url), "%s/thing", scripted_peer_base(desk->cloud.sts));
	desk->headers = "WWW-Authenticate: mtls_pop token=\"token-1\"\r\n";
	CALL(desk, url);
	assert_int_equal(desk->run.exit_code, 20);
	assert_false(command_says(&desk->run.err, "challenge"));
	assert_false(command_says(&desk->run.err, "token-1"));
	desk->headers = "WWW-Authenticate: mtls_pop token=\"token-2\"\r\n";
	CALL(desk, url, "--json");
	assert_true(command_says(&desk->run.out, "\"www_authenticate\":null,\"claims\":null"));
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_resource_that_refuses_is_exit_20),
	        at_a_desk(what_the_resource_wants_instead_is_told),
	        at_a_desk(a_challenge_with_the_token_in_it_is_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
