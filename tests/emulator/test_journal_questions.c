/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Questions to the journal through the admin interface: last, lines, HAR, waiting, asserting. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "emulator/admin/admin.h"
#include "emulator/instruments/journal_filter.h"
#include "faults.h"
#include "stage.h"
#include "tests/testing.h"

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
	return world_reset(stage.world, NULL) == MSIV2_OK ? 0 : -1;
}

/* One exchange with IMDS. */
static void add(enum endpoint endpoint, int status)
{
	const struct http_header headers[] = {{"Host", "127.0.0.1:80"}, {"Metadata", "true"}};
	const struct http_request request = {.listener = "imds",
	                                     .method = "GET",
	                                     .path = "/p",
	                                     .query = "a=b%20c&a=d",
	                                     .headers = headers,
	                                     .header_count = 2,
	                                     .peer_address = "127.0.0.1:1"};
	const struct http_response response = {.status = status};
	const struct journal_notes notes = {.endpoint = endpoint};
	const struct journal_times times = {.mono_us = 5000, .world_s = 1000, .duration_us = 1500};

	journal_add(stage.world->journal, &request, &response, &notes, &times);
}

static void ask(const char *method, const char *path, const char *query, const char *body)
{
	stage_begin(&stage, "admin", method, path, query);
	if (body)
		stage_body(&stage, body);
	stage_admin(&stage);
}

static int events(void)
{
	return cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "events"));
}

static double number(const cJSON *json, const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name));
}

static bool is_true(const char *name)
{
	return cJSON_IsTrue(cJSON_GetObjectItem(stage.json, name));
}

/* The sequence number of the nth event of the answer. */
static int seq_of(int nth)
{
	return (int)number(cJSON_GetArrayItem(cJSON_GetObjectItem(stage.json, "events"), nth),
	                   "seq");
}

static void the_last_events_are_asked_for(void **state)
{
	char query[64];
	int first;

	(void)state;
	for (int i = 0; i < 200; i++)
		add(i % 2 ? ENDPOINT_TOKEN : ENDPOINT_ISSUE, 200);
	ask("GET", "/journal", "limit=1", NULL);
	first = seq_of(0);
	ask("GET", "/journal", "last=3", NULL);
	assert_int_equal(events(), 3);
	assert_int_equal(seq_of(0), first + 197);
	assert_int_equal(seq_of(2), first + 199);
	assert_int_equal(number(stage.json, "next"), first + 200);
	ask("GET", "/journal", "endpoint=issuecredential&last=2", NULL);
	assert_int_equal(events(), 2);
	assert_int_equal(seq_of(1), first + 198);
	ask("GET", "/journal", "last=1000", NULL);
	assert_int_equal(events(), 200);
	(void)snprintf(query, sizeof(query), "seq=%d..%d", first + 100, first + 104);
	ask("GET", "/journal", query, NULL);
	assert_int_equal(events(), 5);
	ask("GET", "/journal", "last=1&limit=1", NULL);
	assert_int_equal(stage.response.status, 400);
	ask("GET", "/journal", "count=1", NULL);
	assert_int_equal(stage.response.status, 400);
	ask("GET", "/journal", "header.Metadata=false", NULL);
	assert_int_equal(events(), 0);
	ask("GET", "/journal", "header.Metadata=true&query.a=d&path_prefix=/&status=2xx&limit=1",
	    NULL);
	assert_int_equal(events(), 1);
}

static void lines_are_events(void **state)
{
	const char *line;
	int lines = 0;

	(void)state;
	for (int i = 0; i < 70; i++)
		add(ENDPOINT_ISSUE, 200);
	ask("GET", "/journal.jsonl", "last=66", NULL);
	assert_string_equal(stage.response.content_type, "application/jsonl");
	for (line = bytes_text(&stage.response.body); *line; line = strchr(line, '\n') + 1) {
		const char *end = strchr(line, '\n');
		OWNED(cJSON) *event = NULL;

		assert_non_null(end);
		event = cJSON_ParseWithLength(line, (size_t)(end - line));
		assert_string_equal(cJSON_GetObjectItem(event, "endpoint")->valuestring,
		                    "issuecredential");
		lines++;
	}
	assert_int_equal(lines, 66);
	ask("GET", "/journal.jsonl", "endpoint=token", NULL);
	assert_int_equal(stage.response.body.len, 0);
}

/* HAR 1.2: what of its members readers rely on. */
static void a_har_has_what_the_format_requires(void **state)
{
	const struct journal_notes alert = {.endpoint = ENDPOINT_TLS,
	                                    .error = "sent bad certificate"};
	const struct http_request none = {.listener = "sts", .method = "", .path = ""};
	const struct http_response nothing = {0};
	const cJSON *log;
	const cJSON *entry;
	const cJSON *query;

	(void)state;
	add(ENDPOINT_METADATA, 404);
	journal_add(stage.world->journal, &none, &nothing, &alert, &(struct journal_times){0});
	ask("GET", "/journal.har", NULL, NULL);
	log = cJSON_GetObjectItem(stage.json, "log");
	assert_string_equal(cJSON_GetObjectItem(log, "version")->valuestring, "1.2");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(log, "entries")), 1);
	entry = cJSON_GetArrayItem(cJSON_GetObjectItem(log, "entries"), 0);
	assert_string_equal(cJSON_GetObjectItem(entry, "startedDateTime")->valuestring,
	                    "1970-01-01T00:16:40Z");
	assert_true(number(entry, "time") == 1.5);
	assert_string_equal(
	        cJSON_GetObjectItem(cJSON_GetObjectItem(entry, "request"), "url")->valuestring,
	        "http://127.0.0.1:80/p?a=b%20c&a=d");
	query = cJSON_GetObjectItem(cJSON_GetObjectItem(entry, "request"), "queryString");
	assert_int_equal(cJSON_GetArraySize(query), 2);
	assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(query, 0), "value")->valuestring,
	                    "b c");
	assert_int_equal(number(cJSON_GetObjectItem(entry, "response"), "status"), 404);
	ask("GET", "/journal.har", "endpoint=token", NULL);
	assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(stage.json, "log"), "creator"));
}

static void assertions_are_judged_together(void **state)
{
	char body[256];
	const cJSON *results;

	(void)state;
	add(ENDPOINT_METADATA, 200);
	add(ENDPOINT_ISSUE, 200);
	ask("POST", "/journal/assert", NULL,
	    "{\"expect\":[{\"match\":{\"endpoint\":\"issuecredential\"},\"count\":1},"
	    "{\"order\":[{\"endpoint\":\"getplatformmetadata\"},"
	    "{\"endpoint\":\"issuecredential\"}]}]}");
	assert_int_equal(stage.response.status, 200);
	assert_true(is_true("ok"));
	ask("POST", "/journal/assert", NULL,
	    "{\"expect\":[{\"match\":{\"endpoint\":\"issuecredential\"},\"count\":1},"
	    "{\"match\":{\"endpoint\":\"issuecredential\",\"status\":500}}]}");
	assert_false(is_true("ok"));
	results = cJSON_GetObjectItem(stage.json, "results");
	assert_int_equal(cJSON_GetArraySize(results), 2);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(results, 0), "ok")));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(results, 1),
	                                                        "near_misses")),
	                 1);
	ask("GET", "/journal", "endpoint=issuecredential", NULL);
	(void)snprintf(body, sizeof(body), "{\"expect\":[{\"match\":{},\"count\":0}],\"since\":%d}",
	               seq_of(0) + 1);
	ask("POST", "/journal/assert", NULL, body);
	assert_true(is_true("ok"));
	(void)snprintf(body, sizeof(body), "{\"expect\":[{\"match\":{},\"count\":1}],\"until\":1}");
	ask("POST", "/journal/assert", NULL, body);
	assert_false(is_true("ok"));
}

static void a_bad_question_is_a_problem(void **state)
{
	static const char *const bad[] = {
	        "{}",
	        "{\"expect\":{}}",
	        "{\"expect\":[]}",
	        "{\"expect\":[{}]}",
	        "{\"expect\":[{\"match\":{}}],\"colour\":1}",
	        "{\"expect\":[{\"match\":{}}],\"since\":-1}",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		ask("POST", "/journal/assert", NULL, bad[i]);
		assert_int_equal(stage.response.status, 400);
	}
	ask("GET", "/journal/wait", "timeout_ms=300001", NULL);
	assert_int_equal(stage.response.status, 400);
	ask("GET", "/journal/wait", "count=x", NULL);
	assert_int_equal(stage.response.status, 400);
}

static void what_is_there_already_needs_no_waiting(void **state)
{
	(void)state;
	add(ENDPOINT_ISSUE, 200);
	add(ENDPOINT_ISSUE, 200);
	ask("GET", "/journal/wait", "endpoint=issuecredential&count=2&timeout_ms=0", NULL);
	assert_true(is_true("ok"));
	assert_int_equal(number(stage.json, "seen"), 2);
	assert_int_equal(events(), 2);
	ask("GET", "/journal/wait", "endpoint=issuecredential&count=3&timeout_ms=0", NULL);
	assert_false(is_true("ok"));
	assert_int_equal(events(), 2);
	ask("GET", "/journal/wait", "endpoint=issuecredential&status=500&timeout_ms=1", NULL);
	assert_false(is_true("ok"));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "near_misses")), 2);
}

/* One thread that waits, while the test goes on. */
struct waiter {
	pthread_t thread;
	const char *query;
	struct http_response response;
};

static void *run_waiter(void *ctx)
{
	struct waiter *waiter = ctx;
	const struct http_request request = {.listener = "admin",
	                                     .method = "GET",
	                                     .path = "/journal/wait",
	                                     .query = waiter->query};

	admin_answer(stage.world, &request, &waiter->response);
	return NULL;
}

static void start_waiter(struct waiter *waiter, const char *query)
{
	*waiter = (struct waiter){.query = query};
	assert_int_equal(pthread_create(&waiter->thread, NULL, run_waiter, waiter), 0);
}

/* The answer, which has to come within a second. */
static cJSON *end_waiter(struct waiter *waiter, int status)
{
	cJSON *json;

	assert_int_equal(pthread_join(waiter->thread, NULL), 0);
	assert_int_equal(waiter->response.status, status);
	json = cJSON_Parse(bytes_text(&waiter->response.body));
	http_response_free(&waiter->response);
	return json;
}

static void waiting_ends_with_the_last_event_that_was_missing(void **state)
{
	struct waiter waiter;
	OWNED(cJSON) *json = NULL;

	(void)state;
	start_waiter(&waiter, "endpoint=token&count=3&timeout_ms=60000");
	for (int i = 0; i < 3; i++) {
		add(ENDPOINT_ISSUE, 200);
		add(ENDPOINT_TOKEN, 200);
	}
	json = end_waiter(&waiter, 200);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "ok")));
	assert_int_equal(number(json, "seen"), 3);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "events")), 3);
}

/* What was counted before a reset does not count after it. */
static void waiting_survives_a_reset(void **state)
{
	struct waiter waiter;
	OWNED(cJSON) *json = NULL;

	(void)state;
	add(ENDPOINT_TOKEN, 200);
	start_waiter(&waiter, "endpoint=token&count=2&timeout_ms=60000");
	journal_reset(stage.world->journal);
	add(ENDPOINT_TOKEN, 200);
	add(ENDPOINT_TOKEN, 200);
	json = end_waiter(&waiter, 200);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "ok")));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "events")), 2);
}

static void only_so_many_wait_at_once(void **state)
{
	struct journal *journal = stage.world->journal;

	(void)state;
	for (int i = 0; i < JOURNAL_WAITERS_MAX; i++)
		assert_true(journal_waiter_enter(journal));
	ask("GET", "/journal/wait", "timeout_ms=0", NULL);
	assert_int_equal(stage.response.status, 503);
	assert_string_equal(stage_answer_header(&stage, "Retry-After"), "1");
	for (int i = 0; i < JOURNAL_WAITERS_MAX; i++)
		journal_waiter_leave(journal);
	ask("GET", "/journal/wait", "timeout_ms=0", NULL);
	assert_int_equal(stage.response.status, 200);
}

/* The timeout is real time, whatever the world's clock says. */
static void waiting_ends_in_time(void **state)
{
	int64_t start_us = clock_mono_us(clock_system());
	int64_t took_us;

	(void)state;
	ask("GET", "/journal/wait", "endpoint=token&timeout_ms=50", NULL);
	took_us = clock_mono_us(clock_system()) - start_us;
	assert_false(is_true("ok"));
	assert_true(took_us >= 50 * CLOCK_US_PER_MS);
}

/* Whatever fails is answered, and nothing leaks. */
static void questions_survive_memory_running_out(void **state)
{
	static const char *const paths[] = {"/journal", "/journal.jsonl", "/journal.har",
	                                    "/journal/wait"};

	(void)state;
	add(ENDPOINT_TOKEN, 200);
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		for (unsigned n = 1;; n++) {
			fault_at(FAULT_MEMORY, n);
			ask("GET", paths[i], "endpoint=token&last=1", NULL);
			if (!fault_disarm())
				break;
			assert_true(stage.response.status == 500 || stage.response.body.failed ||
			            stage.response.status == 200);
		}
		assert_int_equal(stage.response.status, 200);
	}
}

/* Last: nobody waits after it. */
static void closing_ends_all_waiting(void **state)
{
	struct waiter waiters[3];

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(waiters); i++)
		start_waiter(&waiters[i], "endpoint=token&timeout_ms=300000");
	journal_close(stage.world->journal);
	for (size_t i = 0; i < TEXT_COUNT(waiters); i++) {
		OWNED(cJSON) *json = end_waiter(&waiters[i], 503);

		assert_non_null(cJSON_GetObjectItem(json, "detail"));
	}
	ask("GET", "/journal/wait", "endpoint=token&timeout_ms=300000", NULL);
	assert_int_equal(stage.response.status, 503);
}

#define TEST(name) cmocka_unit_test_setup(name, reset_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_last_events_are_asked_for),
	        TEST(lines_are_events),
	        TEST(a_har_has_what_the_format_requires),
	        TEST(assertions_are_judged_together),
	        TEST(a_bad_question_is_a_problem),
	        TEST(what_is_there_already_needs_no_waiting),
	        TEST(waiting_ends_with_the_last_event_that_was_missing),
	        TEST(waiting_survives_a_reset),
	        TEST(only_so_many_wait_at_once),
	        TEST(waiting_ends_in_time),
	        TEST(questions_survive_memory_running_out),
	        TEST(closing_ends_all_waiting),
	};

	return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
