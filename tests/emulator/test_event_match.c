/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/text.h"
#include "emulator/instruments/event_match.h"
#include "tests/testing.h"

#define SHA  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SHA2 "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* One event with everything a journal can tell. */
static const char event_text[] =
        "{\"seq\":7,\"mono_us\":5000000,\"world_time\":\"2026-11-21T03:00:00Z\","
        "\"endpoint\":\"token\",\"listener\":\"sts\",\"host\":\"vm2\",\"method\":\"POST\","
        "\"path\":\"/t/oauth2/v2.0/token\",\"query\":\"a=1&b=x%20y&a=2\","
        "\"headers\":{\"Metadata\":\"true\",\"X-Two\":[\"one\",\"two\"]},"
        "\"status\":400,\"error\":\"invalid_client\",\"duration_us\":250,"
        "\"correlation_id\":\"C-1\",\"client_id\":\"ID\",\"certificate_sha256\":\"" SHA "\","
        "\"token\":{\"type\":\"mtls_pop\",\"aud\":\"https://vault\"},"
        "\"findings\":[{\"rule\":\"META-02/metadata-header\"}],"
        "\"faults\":[{\"id\":\"f1\",\"fault\":\"http-status\"}],"
        "\"tls\":{\"version\":\"TLSv1.3\",\"cipher\":\"C\",\"server_name\":\"localhost\","
        "\"resumed\":false,\"client_certificate_sha256\":\"" SHA2 "\"}}";

static cJSON *event;

static int make_event(void **state)
{
	(void)state;
	event = cJSON_Parse(event_text);
	return event ? 0 : -1;
}

static int drop_event(void **state)
{
	(void)state;
	cJSON_Delete(event);
	return 0;
}

/* What a match made of this JSON says: "" when it fits, else the explanation. */
static void judge(const char *match_text, struct bytes *out)
{
	OWNED(cJSON) *json = cJSON_Parse(match_text);
	struct event_match match;
	struct msiv2_error err = {0};
	size_t fitting = 0;
	int distance;

	if (event_match_read(json, "match", &match, &err) != MSIV2_OK)
		fail_msg("%s: %s", match_text, msiv2_error_message(&err));
	distance = event_match_distance(&match, event, &fitting);
	assert_int_equal(distance == 0, event_match_fits(&match, event));
	assert_int_equal(fitting == match.count, event_match_fits(&match, event));
	event_match_explain(&match, event, out);
	assert_int_equal(out->len == 0, event_match_fits(&match, event));
}

static void every_kind_of_member_fits(void **state)
{
	static const char *const fitting[] = {
	        "{}",
	        "{\"endpoint\":\"token\",\"listener\":\"sts\",\"host\":\"vm2\"}",
	        "{\"method\":\"POST\",\"path\":\"/t/oauth2/v2.0/token\",\"path_prefix\":\"/t/\"}",
	        "{\"query\":{\"a\":\"1\",\"b\":\"x y\",\"c\":null,\"b\":true}}",
	        "{\"query\":{\"a\":\"2\"}}",
	        "{\"header\":{\"metadata\":\"true\",\"X-TWO\":\"two\",\"X-No\":null,\"x-two\":true}"
	        "}",
	        "{\"status\":400}",
	        "{\"status\":\"400\"}",
	        "{\"status\":\"4xx\"}",
	        "{\"status\":\"..499\"}",
	        "{\"status\":\"400..\"}",
	        "{\"status\":{\"min\":400,\"max\":400}}",
	        "{\"status\":{\"max\":599}}",
	        "{\"status\":true}",
	        "{\"error\":\"invalid_client\"}",
	        "{\"error\":true}",
	        "{\"correlation_id\":\"c-1\",\"client_id\":\"id\"}",
	        "{\"certificate_sha256\":\"" SHA "\"}",
	        "{\"certificate_sha256\":\"FF112233445566778899AABBCCDDEEFF00112233445566778899aabb"
	        "ccddeeff\"}",
	        "{\"token_type\":\"MTLS_POP\",\"token_audience\":\"https://vault\"}",
	        "{\"rule\":\"META-02\"}",
	        "{\"rule\":\"metadata-header\"}",
	        "{\"rule\":\"META-02/metadata-header\"}",
	        "{\"fault\":\"f1\"}",
	        "{\"fault\":\"http-status\"}",
	        "{\"tls_version\":\"tlsv1.3\",\"tls_cipher\":\"c\",\"tls_server_name\":"
	        "\"LOCALHOST\",\"tls_resumed\":false,\"tls_alert\":null}",
	        "{\"tls_resumed\":\"false\"}",
	        "{\"seq\":7,\"mono_us\":\"5000000..\",\"duration_us\":{\"min\":250}}",
	        "{\"world_time\":\"2026-11-21T03:00:00Z\"}",
	        "{\"world_time\":\"2026-11-21T00:00:00Z..2026-11-22T00:00:00Z\"}",
	        "{\"world_time\":{\"min\":1795230000,\"max\":1795230000}}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(fitting); i++) {
		OWNED_STRUCT(bytes) why = {0};

		judge(fitting[i], &why);
		if (why.len > 0)
			fail_msg("%s: %s", fitting[i], bytes_text(&why));
	}
}

static void what_does_not_fit_is_explained(void **state)
{
	static const char *const rows[][2] = {
	        {"{\"endpoint\":\"probe\"}", "the endpoint was \"token\", not \"probe\""},
	        {"{\"path_prefix\":\"/x\"}",
	         "the path was \"/t/oauth2/v2.0/token\", not one that starts with \"/x\""},
	        {"{\"header\":{\"Metadata\":\"false\"}}",
	         "the header Metadata was \"true\", not \"false\""},
	        {"{\"header\":{\"X-No\":\"1\"}}", "there was no header X-No"},
	        {"{\"header\":{\"X-No\":true}}", "there was no header X-No"},
	        {"{\"header\":{\"X-Two\":\"three\"}}",
	         "the header X-Two was \"one\" and \"two\", not \"three\""},
	        {"{\"header\":{\"Metadata\":null}}",
	         "the header Metadata was \"true\", and none is wanted"},
	        {"{\"query\":{\"a\":\"3\"}}",
	         "the query parameter a was \"1\" and \"2\", not \"3\""},
	        {"{\"query\":{\"z\":\"3\"}}", "there was no query parameter z"},
	        {"{\"status\":200}", "the status was 400, not 200"},
	        {"{\"status\":\"2xx\"}", "the status was 400, not 200 to 299"},
	        {"{\"status\":\"401..\"}", "the status was 400, not at least 401"},
	        {"{\"status\":\"..399\"}", "the status was 400, not at most 399"},
	        {"{\"error\":null}", "the error was \"invalid_client\", and none is wanted"},
	        {"{\"rule\":\"META-03\"}",
	         "the finding was \"META-02/metadata-header\", not \"META-03\""},
	        {"{\"fault\":\"f2\"}", "the fault was \"f1\" and \"http-status\", not \"f2\""},
	        {"{\"tls_alert\":\"x\"}", "there was no TLS alert"},
	        {"{\"tls_resumed\":true}", "the TLS resumption was \"false\", not \"true\""},
	        {"{\"endpoint\":\"token\",\"status\":200,\"method\":\"GET\"}",
	         "the status was 400, not 200, and the method was \"POST\", not \"GET\""},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) why = {0};
		OWNED_STRUCT(bytes) wanted = {0};

		judge(rows[i][0], &why);
		bytes_addf(&wanted, "would have matched but %s", rows[i][1]);
		assert_string_equal(bytes_text(&why), bytes_text(&wanted));
	}
}

static void a_long_value_is_cut_between_characters(void **state)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) why = {0};
	OWNED(cJSON) *long_event = NULL;
	OWNED(cJSON) *json = cJSON_Parse("{\"path\":\"/\"}");
	struct event_match match;

	(void)state;
	bytes_add_text(&text, "{\"path\":\"a");
	for (int i = 0; i < 200; i++)
		bytes_add_text(&text, "\xC3\xA9");
	bytes_add_text(&text, "\"}");
	long_event = cJSON_Parse(bytes_text(&text));
	assert_int_equal(event_match_read(json, "match", &match, NULL), MSIV2_OK);
	event_match_explain(&match, long_event, &why);
	assert_true(text_is_utf8(why.data, why.len));
	assert_non_null(strstr(bytes_text(&why), "...\""));
	assert_in_range(why.len, 100, 200);
}

static void a_match_that_can_only_be_a_mistake_is_refused(void **state)
{
	static const char *const bad[] = {
	        "[]",
	        "1",
	        "{\"colour\":\"red\"}",
	        "{\"endpoint\":\"nothing\"}",
	        "{\"endpoint\":1}",
	        "{\"endpoint\":false}",
	        "{\"listener\":\"x\"}",
	        "{\"rule\":\"META-99\"}",
	        "{\"rule\":\"META-02/other\"}",
	        "{\"certificate_sha256\":\"00\"}",
	        "{\"certificate_sha256\":\"" SHA "0\"}",
	        "{\"status\":99}",
	        "{\"status\":600}",
	        "{\"status\":200.5}",
	        "{\"status\":-1}",
	        "{\"status\":1e300}",
	        "{\"status\":\"\"}",
	        "{\"status\":\"..\"}",
	        "{\"status\":\"499..400\"}",
	        "{\"status\":\"6xx\"}",
	        "{\"status\":\"4xxx\"}",
	        "{\"status\":\"400...499\"}",
	        "{\"status\":{}}",
	        "{\"status\":{\"min\":500,\"max\":400}}",
	        "{\"status\":{\"min\":1,\"most\":2}}",
	        "{\"status\":{\"min\":\"1\"}}",
	        "{\"status\":[200]}",
	        "{\"world_time\":\"yesterday\"}",
	        "{\"world_time\":\"2026-13-21T03:00:00Z\"}",
	        "{\"seq\":\"123456789012345678901234567890123456\"}",
	        "{\"header\":\"x\"}",
	        "{\"header\":{\"X\":1}}",
	        "{\"query\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		OWNED(cJSON) *json = cJSON_Parse(bad[i]);
		struct event_match match;
		struct msiv2_error err = {0};

		assert_non_null(json);
		if (event_match_read(json, "match", &match, &err) != MSIV2_CONFIG)
			fail_msg("%s is accepted", bad[i]);
		assert_string_equal(msiv2_error_where(&err), "match");
	}
}

static void too_many_wants_are_refused(void **state)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *headers = cJSON_AddObjectToObject(json, "header");
	struct event_match match;
	char name[16];

	(void)state;
	for (int i = 0; i <= EVENT_WANTS_MAX; i++) {
		assert_int_equal(event_match_read(json, "m", &match, NULL), MSIV2_OK);
		snprintf(name, sizeof(name), "X-%d", i);
		cJSON_AddTrueToObject(headers, name);
	}
	assert_int_equal(event_match_read(json, "m", &match, NULL), MSIV2_CONFIG);
}

static void query_parameters_want_the_same(void **state)
{
	static const struct {
		const char *name, *value;
		bool fits;
	} rows[] = {
	        {"endpoint", "token", true},
	        {"endpoint", "probe", false},
	        {"status", "4xx", true},
	        {"status", "200..399", false},
	        {"header.Metadata", "true", true},
	        {"header.Metadata", "false", false},
	        {"query.a", "2", true},
	        {"tls_resumed", "false", true},
	        {"world_time", "2026-11-21T03:00:00Z..", true},
	        {"world_time", "..2026-11-21T02:59:59Z", false},
	};
	static const char *const unknown[] = {
	        "colour", "header", "header.", "status.x",
	        ".x",     "query",  "",        "averyveryverylongname.x"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct event_match match = {0};
		bool known = false;

		assert_int_equal(event_match_add(&match, rows[i].name, rows[i].value, &known, NULL),
		                 MSIV2_OK);
		assert_true(known);
		assert_int_equal(event_match_fits(&match, event), rows[i].fits);
	}
	for (size_t i = 0; i < TEXT_COUNT(unknown); i++) {
		struct event_match match = {0};
		bool known = true;

		assert_int_equal(event_match_add(&match, unknown[i], "x", &known, NULL), MSIV2_OK);
		assert_false(known);
		assert_int_equal(match.count, 0);
	}
}

static void every_key_is_complete(void **state)
{
	size_t count = 0;
	const struct event_key *keys = event_keys(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(event_key_find(keys[i].name), &keys[i]);
		assert_true(text_starts(keys[i].words, "the "));
		assert_true(keys[i].distance > 0);
		assert_true(keys[i].at || keys[i].how == EVENT_CERTIFICATE);
	}
	assert_null(event_key_find("colour"));
}

static void every_key_is_in_the_documentation(void **state)
{
	OWNED_STRUCT(bytes) text = {0};
	size_t count = 0;
	const struct event_key *keys = event_keys(&count);

	(void)state;
	assert_int_equal(files_read(TESTS_WIRE_DIR "/../../docs/journal.md", 1024 * 1024,
	                            MSIV2_CONFIG, &text, NULL),
	                 MSIV2_OK);
	for (size_t i = 0; i < count; i++) {
		bool named = keys[i].how == EVENT_HEADER || keys[i].how == EVENT_PARAM;
		OWNED_STRUCT(bytes) quoted = {0};

		bytes_addf(&quoted, "`%s%s`", keys[i].name, named ? ".NAME" : "");
		if (!strstr(bytes_text(&text), bytes_text(&quoted)))
			fail_msg("docs/journal.md does not speak of %s", bytes_text(&quoted));
	}
}

static void times_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
	        {"1970-01-01T00:00:00Z", 0},
	        {"2000-02-29T23:59:59Z", 951868799},
	        {"2026-11-21T03:00:00Z", 1795230000},
	        {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
	};
	static const char *const bad[] = {
	        "",
	        "2026-11-21",
	        "2026-11-21T03:00:00",
	        "2026-11-21T03:00:00z",
	        "2026-11-21T03:00:00Z ",
	        "2026-00-21T03:00:00Z",
	        "2026-11-32T03:00:00Z",
	        "2026-11-21T24:00:00Z",
	        "2026-11-21T03:60:00Z",
	        "2026-11-21T03:00:60Z",
	        "+026-11-21T03:00:00Z",
	};
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(good); i++) {
		assert_true(event_time_s(good[i].text, &seconds));
		assert_true(seconds == good[i].seconds);
	}
	for (size_t i = 0; i < TEXT_COUNT(bad); i++)
		assert_false(event_time_s(bad[i], &seconds));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_member_fits),
	        cmocka_unit_test(what_does_not_fit_is_explained),
	        cmocka_unit_test(a_long_value_is_cut_between_characters),
	        cmocka_unit_test(a_match_that_can_only_be_a_mistake_is_refused),
	        cmocka_unit_test(too_many_wants_are_refused),
	        cmocka_unit_test(query_parameters_want_the_same),
	        cmocka_unit_test(every_key_is_complete),
	        cmocka_unit_test(every_key_is_in_the_documentation),
	        cmocka_unit_test(times_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, make_event, drop_event);
}
