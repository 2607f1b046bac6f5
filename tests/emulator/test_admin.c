/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "stage.h"
#include "tests/testing.h"

#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static struct stage stage;

static int make_stage(void **state)
{
	(void)state;
	stage_new(&stage, "{\"clock\":{\"offset_s\":5}}");
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

static void ask(const char *method, const char *path, const char *query, const char *body)
{
	stage_begin(&stage, "admin", method, path, query);
	if (body)
		stage_body(&stage, body);
	stage_admin(&stage);
}

static double number(const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItem(stage.json, name));
}

/* RFC 9457 */
static void expect_problem(int status)
{
	assert_int_equal(stage.response.status, status);
	assert_string_equal(stage.response.content_type, "application/problem+json");
	assert_int_equal(number("status"), status);
	assert_true(strlen(stage_text(&stage, "title")) > 0);
	assert_true(strlen(stage_text(&stage, "detail")) > 0);
}

static void health_and_version_answer(void **state)
{
	(void)state;
	ask("GET", "/health", NULL, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "status"), "ok");
	ask("GET", "/version", NULL, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage_text(&stage, "name"), "msiv2-emulator");
	assert_true(strlen(stage_text(&stage, "version")) > 0);
	assert_string_equal(stage_text(&stage, "notice"), "NOT FOR PRODUCTION"); /* SEC-02 */
}

static void the_ca_is_pem_and_says_what_it_is_not_for(void **state)
{
	(void)state;
	ask("GET", "/ca.pem", NULL, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_string_equal(stage.response.content_type, "application/x-pem-file");
	assert_non_null(strstr(bytes_text(&stage.response.body), "BEGIN CERTIFICATE"));
	assert_non_null(strstr(bytes_text(&stage.response.body), "NOT FOR PRODUCTION"));
	assert_null(strstr(bytes_text(&stage.response.body), "PRIVATE"));
}

static void the_clock_is_read_and_moved(void **state)
{
	(void)state;
	ask("GET", "/clock", NULL, NULL);
	assert_true(number("now") == (double)(STAGE_NOW_S + 5));
	assert_string_equal(stage_text(&stage, "now_text"), "2026-11-21T03:00:05Z");
	assert_int_equal(number("offset_s"), 5);
	ask("POST", "/clock", NULL, "{\"advance_s\":604800}");
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(number("offset_s"), 604805);
	ask("POST", "/clock", NULL, "{\"set\":1000}");
	assert_int_equal(number("now"), 1000);
	ask("POST", "/clock", NULL, "{\"frozen\":true}");
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(stage.json, "frozen")));
	assert_true(world_clock_look(&stage.world->clock).frozen);
	ask("POST", "/clock", NULL, "{\"frozen\":false}");
	assert_false(world_clock_look(&stage.world->clock).frozen);
	ask("POST", "/reset", NULL, NULL);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(world_now_s(stage.world), STAGE_NOW_S + 5);
}

static void a_bad_clock_request_moves_nothing(void **state)
{
	static const char *const bad[] = {
	        "",
	        "{}",
	        "[]",
	        "x",
	        "{\"advance_s\":\"1\"}",
	        "{\"advance_s\":1.5}",
	        "{\"advance_s\":null}",
	        "{\"set\":-1}",
	        "{\"set\":1e300}",
	        "{\"frozen\":1}",
	        "{\"speed\":2}",
	        "{\"advance_s\":1,\"frozen\":true}",
	        "{\"advance_s\":-9000000000}",
	        "{\"set\":1,\"set\":1}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		ask("POST", "/clock", NULL, bad[i]);
		expect_problem(400);
		assert_int_equal(world_now_s(stage.world), STAGE_NOW_S + 5);
	}
}

static void rules_are_listed_completely(void **state)
{
	const cJSON *rules;
	const cJSON *rule;

	(void)state;
	ask("GET", "/rules", NULL, NULL);
	rules = cJSON_GetObjectItem(stage.json, "rules");
	assert_int_equal(cJSON_GetArraySize(rules), RULE_COUNT);
	cJSON_ArrayForEach(rule, rules)
	{
		static const char *const members[] = {"id", "name", "level", "mode", "requirement"};

		for (size_t i = 0; i < TEXT_COUNT(members); i++)
			assert_false(text_empty(
			        cJSON_GetStringValue(cJSON_GetObjectItem(rule, members[i]))));
	}
}

static void modes_are_patched_all_or_none(void **state)
{
	(void)state;
	ask("PATCH", "/rules", NULL, "{\"META-03/correlation-id\":\"reject\",\"META-02\":\"off\"}");
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(world_modes(stage.world).mode[RULE_META_CORRELATION], RULE_REJECT);
	assert_int_equal(world_modes(stage.world).mode[RULE_META_HEADER], RULE_OFF);
	ask("PATCH", "/rules", NULL, "{\"META-02\":\"reject\",\"META-99\":\"note\"}");
	expect_problem(400);
	assert_string_equal(stage_text(&stage, "detail"), "body: there is no rule \"META-99\"");
	assert_int_equal(world_modes(stage.world).mode[RULE_META_HEADER], RULE_OFF);
	ask("PATCH", "/rules", NULL, "{\"META-02\":1}");
	expect_problem(400);
	assert_string_equal(stage_text(&stage, "detail"),
	                    "body: the mode of \"META-02\" is to be reject, note or off");
	ask("PATCH", "/rules", NULL, "{\"META-02\":\"maybe\"}");
	expect_problem(400);
	assert_string_equal(
	        stage_text(&stage, "detail"),
	        "body: the mode of \"META-02\" is to be reject, note or off, not maybe");
	ask("POST", "/reset", NULL, NULL);
	assert_int_equal(world_modes(stage.world).mode[RULE_META_HEADER], RULE_REJECT);
}

static void revocation_takes_one_thumbprint_or_all(void **state)
{
	static const char *const bad[] = {"{}",
	                                  "{\"all\":false}",
	                                  "{\"all\":1}",
	                                  "{\"sha256\":\"\"}",
	                                  "{\"sha256\":\"00\"}",
	                                  "{\"sha256\":1}",
	                                  "{\"sha256\":\"" SHA256 "00\"}",
	                                  "{\"sha1\":\"" SHA256 "\"}",
	                                  "{\"sha256\":\"" SHA256 "\",\"all\":true}"};
	uint8_t sha256[X509_SHA256_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(sha256); i++)
		sha256[i] = (uint8_t)((i % 16) * 0x11);
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		ask("POST", "/revoke", NULL, bad[i]);
		expect_problem(400);
	}
	assert_false(revocations_has(stage.world->revocations, sha256, STAGE_NOW_S));
	ask("POST", "/revoke", NULL, "{\"sha256\":\"" SHA256 "\"}");
	assert_int_equal(stage.response.status, 200);
	assert_true(revocations_has(stage.world->revocations, sha256, STAGE_NOW_S));
	sha256[0] = 0xFF;
	assert_false(revocations_has(stage.world->revocations, sha256, STAGE_NOW_S));
	ask("POST", "/revoke", NULL, "{\"all\":true}");
	assert_true(revocations_has(stage.world->revocations, sha256, STAGE_NOW_S));
}

static void the_journal_is_asked_with_filters(void **state)
{
	const struct journal_notes notes = {.endpoint = ENDPOINT_TOKEN};
	const struct journal_times times = {0};

	(void)state;
	stage_begin(&stage, "sts", "POST", "/x", NULL);
	stage.response.status = 200;
	journal_add(stage.world->journal, &stage.request, &stage.response, &notes, &times);
	ask("GET", "/journal", "endpoint=token", NULL);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "events")), 1);
	ask("GET", "/journal", "endpoint=probe", NULL);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "events")), 0);
	ask("GET", "/journal/counts", NULL, NULL);
	assert_int_equal(number("token"), 1);
	assert_int_equal(cJSON_GetArraySize(stage.json), ENDPOINT_COUNT);
	ask("GET", "/journal", "endpoint=nothing", NULL);
	expect_problem(400);
	ask("GET", "/journal", "rule=META-99", NULL);
	expect_problem(400);
	ask("GET", "/journal", "a=%zz", NULL);
	expect_problem(400);
	ask("POST", "/reset", NULL, NULL);
	ask("GET", "/journal/counts", NULL, NULL);
	assert_int_equal(number("token"), 0);
}

/* DESIGN idea 5: what changes the world stands between the exchanges it decides. */
static void changes_of_the_world_are_events(void **state)
{
	static const char *const bodies[][4] = {
	        {"POST", "/clock", "{\"advance_s\":60}", "clock"},
	        {"POST", "/revoke", "{\"all\":true}", "revoke"},
	        {"PATCH", "/rules", "{\"META-02\":\"note\"}", "rules"},
	        {"POST", "/attestation", "{\"mode\":\"optional\"}", "attestation"},
	};
	const cJSON *event;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		ask(bodies[i][0], bodies[i][1], NULL, bodies[i][2]);
		assert_int_equal(stage.response.status, 200);
	}
	ask("POST", "/clock", NULL, "{\"advance_s\":\"x\"}");
	expect_problem(400);
	ask("GET", "/clock", NULL, NULL);
	ask("GET", "/journal", "listener=admin", NULL);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "events")),
	                 TEXT_COUNT(bodies));
	for (int i = 0; i < (int)TEXT_COUNT(bodies); i++) {
		event = cJSON_GetArrayItem(cJSON_GetObjectItem(stage.json, "events"), i);
		assert_string_equal(cJSON_GetObjectItem(event, "endpoint")->valuestring,
		                    bodies[i][3]);
		assert_string_equal(cJSON_GetObjectItem(event, "change")->valuestring,
		                    bodies[i][2]);
		assert_string_equal(cJSON_GetObjectItem(event, "world_time")->valuestring,
		                    "2026-11-21T03:01:05Z");
	}
	ask("POST", "/reset", NULL, NULL);
	ask("GET", "/journal", NULL, NULL);
	event = cJSON_GetArrayItem(cJSON_GetObjectItem(stage.json, "events"), 0);
	assert_string_equal(cJSON_GetObjectItem(event, "endpoint")->valuestring, "reset");
	ask("GET", "/journal/counts", NULL, NULL);
	assert_int_equal(cJSON_GetArraySize(stage.json), ENDPOINT_COUNT);
}

static void unknown_routes_methods_and_queries_are_problems(void **state)
{
	(void)state;
	ask("GET", "/nothing", NULL, NULL);
	expect_problem(404);
	ask("GET", "/health/", NULL, NULL);
	expect_problem(404);
	ask("DELETE", "/clock", NULL, NULL);
	expect_problem(405);
	assert_string_equal(stage_answer_header(&stage, "Allow"), "GET, POST");
	assert_string_equal(stage_text(&stage, "detail"), "the methods here are: GET, POST");
	ask("GET", "/reset", NULL, NULL);
	expect_problem(405);
	assert_string_equal(stage_answer_header(&stage, "Allow"), "POST");
	ask("GET", "/health", "a=b", NULL);
	expect_problem(400);
}

static void cut_bodies_are_problems(void **state)
{
	(void)state;
	stage_begin(&stage, "admin", "POST", "/clock", NULL);
	stage.request.body_too_large = true;
	stage_admin(&stage);
	expect_problem(413);
	stage_begin(&stage, "admin", "POST", "/clock", NULL);
	stage.request.body_truncated = true;
	stage_admin(&stage);
	expect_problem(400);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(health_and_version_answer),
	        TEST(the_ca_is_pem_and_says_what_it_is_not_for),
	        TEST(the_clock_is_read_and_moved),
	        TEST(a_bad_clock_request_moves_nothing),
	        TEST(rules_are_listed_completely),
	        TEST(modes_are_patched_all_or_none),
	        TEST(revocation_takes_one_thumbprint_or_all),
	        TEST(the_journal_is_asked_with_filters),
	        TEST(changes_of_the_world_are_events),
	        TEST(unknown_routes_methods_and_queries_are_problems),
	        TEST(cut_bodies_are_problems),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
