/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "emulator/instruments/event_expect.h"
#include "tests/testing.h"

/* Metadata, a probe, two issues 1.5 s apart and a token; monotonic times are those of the ends. */
static const char journal_text[] =
        "[{\"seq\":1,\"mono_us\":1000000,\"duration_us\":1000,\"world_time\":"
        "\"2026-11-21T03:00:00Z\",\"endpoint\":\"getplatformmetadata\",\"method\":\"GET\","
        "\"headers\":{\"Metadata\":\"true\"},\"status\":200},"
        "{\"seq\":2,\"mono_us\":1100000,\"duration_us\":1000,\"world_time\":"
        "\"2026-11-21T03:00:00Z\",\"endpoint\":\"probe\",\"method\":\"GET\",\"headers\":{},"
        "\"status\":400},"
        "{\"seq\":3,\"mono_us\":2000000,\"duration_us\":1000,\"world_time\":"
        "\"2026-11-21T03:00:01Z\",\"endpoint\":\"issuecredential\",\"method\":\"POST\","
        "\"headers\":{\"Metadata\":\"true\"},\"status\":500},"
        "{\"seq\":4,\"mono_us\":3501000,\"duration_us\":1000,\"world_time\":"
        "\"2026-11-21T03:00:11Z\",\"endpoint\":\"issuecredential\",\"method\":\"POST\","
        "\"headers\":{\"Metadata\":\"true\"},\"status\":200},"
        "{\"seq\":5,\"mono_us\":3600000,\"duration_us\":1000,\"world_time\":"
        "\"2026-11-21T03:00:11Z\",\"endpoint\":\"token\",\"method\":\"POST\","
        "\"headers\":{\"client-request-id\":\"x\"},\"status\":200}]";

/* Judges the journal above; the state's texts are its own. */
static struct expect_state judge(const char *text)
{
	OWNED(cJSON) *json = cJSON_Parse(text);
	OWNED(cJSON) *events = cJSON_Parse(journal_text);
	struct expectation expectation;
	struct expect_state state;
	struct msiv2_error err = {0};
	const cJSON *event;

	if (expect_read(json, "expect[0]", &expectation, &err) != MSIV2_OK)
		fail_msg("%s: %s", text, msiv2_error_message(&err));
	expect_begin(&state, &expectation);
	cJSON_ArrayForEach(event, events) expect_see(&state, event);
	expect_done(&state);
	assert_int_equal(state.ok, state.why[0] == '\0');
	state.expectation = NULL;
	return state;
}

static void what_holds_is_ok(void **state)
{
	static const char *const good[] = {
	        "{\"match\":{\"endpoint\":\"token\"}}",
	        "{\"match\":{\"endpoint\":\"issuecredential\"},\"count\":2}",
	        "{\"match\":{\"endpoint\":\"resource\"},\"count\":0}",
	        "{\"match\":{\"status\":200},\"count\":{\"min\":3,\"max\":3}}",
	        "{\"match\":{\"status\":200},\"count\":{\"max\":3}}",
	        "{\"match\":{},\"count\":5}",
	        "{\"order\":[{\"endpoint\":\"getplatformmetadata\"},{\"endpoint\":"
	        "\"issuecredential\",\"status\":200},{\"endpoint\":\"token\"}]}",
	        "{\"order\":[{\"endpoint\":\"issuecredential\"},{\"endpoint\":"
	        "\"issuecredential\"}]}",
	        "{\"gap\":{\"match\":{\"endpoint\":\"issuecredential\"},\"min_ms\":1500,"
	        "\"max_ms\":1500}}",
	        "{\"gap\":{\"match\":{\"endpoint\":\"issuecredential\"},\"min_ms\":10000,"
	        "\"max_ms\":10000,\"clock\":\"world\"}}",
	        "{\"gap\":{\"match\":{\"status\":200},\"clock\":\"monotonic\"}}",
	        "{\"values\":{\"match\":{\"header\":{\"Metadata\":true}},\"of\":\"header."
	        "Metadata\","
	        "\"are\":\"equal\"}}",
	        "{\"values\":{\"match\":{\"endpoint\":\"issuecredential\"},\"of\":\"status\","
	        "\"are\":\"different\"}}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(good); i++) {
		struct expect_state verdict = judge(good[i]);

		if (!verdict.ok)
			fail_msg("%s: %s", good[i], verdict.why);
		assert_int_equal(verdict.near_count, 0);
	}
}

static void what_does_not_hold_says_why(void **state)
{
	static const struct {
		const char *expect, *why;
		uint64_t seen;
	} bad[] = {
	        {"{\"match\":{\"endpoint\":\"resource\"}}", "0 events match, at least 1 are wanted",
	         0},
	        {"{\"match\":{\"endpoint\":\"issuecredential\"},\"count\":1}",
	         "2 events match, exactly 1 are wanted", 2},
	        {"{\"match\":{\"endpoint\":\"token\"},\"count\":{\"max\":0}}",
	         "1 events match, exactly 0 are wanted", 1},
	        {"{\"match\":{\"status\":200},\"count\":{\"min\":1,\"max\":2}}",
	         "3 events match, at most 2 are wanted", 3},
	        {"{\"order\":[{\"endpoint\":\"resource\"},{\"endpoint\":\"token\"}]}",
	         "nothing matches step 1 of 2", 0},
	        {"{\"order\":[{\"endpoint\":\"token\"},{\"endpoint\":\"issuecredential\"}]}",
	         "nothing after seq 5 matches step 2 of 2", 1},
	        {"{\"gap\":{\"match\":{\"endpoint\":\"issuecredential\"},\"min_ms\":1501}}",
	         "1500 ms between seq 3 and seq 4, which is less than 1501", 1},
	        {"{\"gap\":{\"match\":{\"endpoint\":\"issuecredential\"},\"max_ms\":1499}}",
	         "1500 ms between seq 3 and seq 4, which is more than 1499", 1},
	        {"{\"gap\":{\"match\":{\"endpoint\":\"issuecredential\"},\"max_ms\":9999,"
	         "\"clock\":\"world\"}}",
	         "10000 ms between seq 3 and seq 4, which is more than 9999", 1},
	        {"{\"gap\":{\"match\":{\"endpoint\":\"token\"}}}",
	         "one event matches, two are wanted at least", 0},
	        {"{\"gap\":{\"match\":{\"endpoint\":\"resource\"}}}",
	         "no event matches, two are wanted at least", 0},
	        {"{\"values\":{\"match\":{},\"of\":\"status\",\"are\":\"equal\"}}",
	         "seq 1 and seq 2 have different values", 5},
	        {"{\"values\":{\"match\":{},\"of\":\"status\",\"are\":\"different\"}}",
	         "seq 4 and seq 5 have the same value", 5},
	        {"{\"values\":{\"match\":{\"status\":200},\"of\":\"header.Metadata\","
	         "\"are\":\"equal\"}}",
	         "seq 5 has no value", 2},
	        {"{\"values\":{\"match\":{\"endpoint\":\"token\"},\"of\":\"status\","
	         "\"are\":\"equal\"}}",
	         "1 events match, two are wanted at least", 1},
	        /* The first pause that is wrong is told, not the last. */
	        {"{\"gap\":{\"match\":{},\"min_ms\":1000}}",
	         "99 ms between seq 1 and seq 2, which is less than 1000", 4},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		struct expect_state verdict = judge(bad[i].expect);

		assert_false(verdict.ok);
		assert_string_equal(verdict.why, bad[i].why);
		assert_int_equal(verdict.seen, bad[i].seen);
	}
}

static void near_misses_come_nearest_first(void **state)
{
	struct expect_state verdict = judge("{\"match\":{\"endpoint\":\"issuecredential\","
	                                    "\"method\":\"POST\",\"status\":429,"
	                                    "\"header\":{\"Metadata\":\"true\",\"X\":\"1\"}}}");

	(void)state;
	assert_int_equal(verdict.near_count, EXPECT_NEAR_MAX);
	assert_int_equal(verdict.near[0].seq, 3);
	assert_string_equal(verdict.near[0].words,
	                    "would have matched but the status was 500, not 429, and there was no "
	                    "header X");
	assert_int_equal(verdict.near[1].seq, 4);
	for (size_t i = 1; i < verdict.near_count; i++)
		assert_true(verdict.near[i - 1].distance <= verdict.near[i].distance);
}

static void what_fits_in_nothing_is_no_near_miss(void **state)
{
	struct expect_state verdict = judge("{\"match\":{\"endpoint\":\"resource\"}}");

	(void)state;
	assert_int_equal(verdict.near_count, 0);
}

/* What nearly was an earlier step is not told of a later one. */
static void near_misses_of_an_order_are_those_of_the_missing_step(void **state)
{
	struct expect_state verdict = judge("{\"order\":[{\"endpoint\":\"issuecredential\"},"
	                                    "{\"endpoint\":\"token\",\"status\":400}]}");

	(void)state;
	assert_int_equal(verdict.near_count, 1);
	assert_int_equal(verdict.near[0].seq, 5);
	assert_string_equal(verdict.near[0].words,
	                    "would have matched but the status was 200, not 400");
}

static void a_verdict_is_json(void **state)
{
	struct expect_state verdict = judge("{\"match\":{\"endpoint\":\"token\",\"status\":400}}");
	OWNED(cJSON) *json = expect_json(&verdict);
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	json_print(json, &text);
	assert_string_equal(
	        bytes_text(&text),
	        "{\"ok\":false,\"seen\":0,\"why\":\"0 events match, at least 1 are "
	        "wanted\",\"near_misses\":[{\"seq\":5,\"why\":\"would have matched but "
	        "the status was 200, not 400\"},{\"seq\":2,\"why\":\"would have matched "
	        "but the endpoint was \\\"probe\\\", not \\\"token\\\"\"}]}");
}

static void an_expectation_that_can_only_be_a_mistake_is_refused(void **state)
{
	static const char *const bad[] = {
	        "{}",
	        "[]",
	        "1",
	        "{\"match\":1}",
	        "{\"match\":{\"colour\":1}}",
	        "{\"match\":{},\"count\":-1}",
	        "{\"match\":{},\"count\":\"1\"}",
	        "{\"match\":{},\"count\":null}",
	        "{\"match\":{},\"count\":{\"min\":2,\"max\":1}}",
	        "{\"match\":{},\"count\":{\"least\":2}}",
	        "{\"match\":{},\"order\":[]}",
	        "{\"match\":{},\"min\":1}",
	        "{\"order\":[]}",
	        "{\"order\":{}}",
	        "{\"order\":[1]}",
	        "{\"order\":[{}],\"count\":1}",
	        "{\"order\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}",
	        "{\"gap\":1}",
	        "{\"gap\":{}}",
	        "{\"gap\":{\"match\":{},\"max_ms\":1,\"min_ms\":2}}",
	        "{\"gap\":{\"match\":{},\"min_ms\":-2}}",
	        "{\"gap\":{\"match\":{},\"min_ms\":1.5}}",
	        "{\"gap\":{\"match\":{},\"clock\":\"wall\"}}",
	        "{\"gap\":{\"match\":{},\"clock\":1}}",
	        "{\"gap\":{\"match\":{},\"min\":1}}",
	        "{\"gap\":{\"match\":{}},\"count\":1}",
	        "{\"values\":1}",
	        "{\"values\":{\"match\":{},\"of\":\"status\"}}",
	        "{\"values\":{\"of\":\"status\",\"are\":\"equal\"}}",
	        "{\"values\":{\"match\":{},\"of\":\"colour\",\"are\":\"equal\"}}",
	        "{\"values\":{\"match\":{},\"of\":\"header\",\"are\":\"equal\"}}",
	        "{\"values\":{\"match\":{},\"of\":\"status\",\"are\":\"alike\"}}",
	        "{\"values\":{\"match\":{},\"of\":\"status\",\"are\":\"equal\",\"x\":1}}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		OWNED(cJSON) *json = cJSON_Parse(bad[i]);
		struct expectation expectation;
		struct msiv2_error err = {0};

		assert_non_null(json);
		if (expect_read(json, "expect[3]", &expectation, &err) != MSIV2_CONFIG)
			fail_msg("%s is accepted", bad[i]);
		assert_string_equal(msiv2_error_where(&err), "expect[3]");
		assert_true(strlen(msiv2_error_message(&err)) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_holds_is_ok),
	        cmocka_unit_test(what_does_not_hold_says_why),
	        cmocka_unit_test(near_misses_come_nearest_first),
	        cmocka_unit_test(what_fits_in_nothing_is_no_near_miss),
	        cmocka_unit_test(near_misses_of_an_order_are_those_of_the_missing_step),
	        cmocka_unit_test(a_verdict_is_json),
	        cmocka_unit_test(an_expectation_that_can_only_be_a_mistake_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
