/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "emulator/instruments/findings_book.h"
#include "emulator/instruments/redact.h"
#include "stage.h"
#include "tests/testing.h"

#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"

static struct findings_book *book;

static int make_book(void **state)
{
	(void)state;
	return findings_book_new(&book, NULL) == MSIV2_OK ? 0 : -1;
}

static int drop_book(void **state)
{
	(void)state;
	findings_book_free(book);
	return 0;
}

/* One exchange of that client that broke that rule. */
static void add(const char *client_id, const char *agent, enum rule_id rule, uint64_t seq)
{
	const struct http_header header = {"user-agent", agent};
	const struct http_request request = {.headers = &header, .header_count = agent != NULL};
	struct findings findings = {.count = 1};
	const struct findings_of exchange = {&request, &findings, client_id, "c-1", seq, 1000};

	findings.items[0].rule = rule;
	findings.items[0].rejected = seq % 2 == 0;
	(void)snprintf(findings.items[0].detail, sizeof(findings.items[0].detail), "seen at %d",
	               (int)seq);
	findings_book_add(book, &exchange);
}

/* The book as JSON; owned by the caller. */
static cJSON *look(const struct findings_filter *filter)
{
	static const struct blame blame = {MSIV2_INTERNAL, "findings"};
	OWNED_STRUCT(bytes) text = {0};
	cJSON *json = NULL;

	assert_int_equal(findings_book_json(book, filter, &text, NULL), MSIV2_OK);
	assert_int_equal(json_parse_object(text.data, text.len, &blame, &json, NULL), MSIV2_OK);
	return json;
}

static int count(const char *rule, const char *client_id, const char *agent)
{
	OWNED(cJSON) *json = look(&(struct findings_filter){rule, client_id, agent});

	return cJSON_GetArraySize(cJSON_GetObjectItem(json, "findings"));
}

static const char *text(const cJSON *json, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(json, name));
}

static double number(const cJSON *json, const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name));
}

static void a_row_counts_one_rule_of_one_client(void **state)
{
	OWNED(cJSON) *json = NULL;
	const cJSON *row;

	(void)state;
	for (uint64_t seq = 3; seq < 8; seq++)
		add("ID", "agent/1", RULE_META_CORRELATION, seq);
	json = look(&(struct findings_filter){0});
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "findings")), 1);
	row = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "findings"), 0);
	assert_string_equal(text(row, "rule"), "META-03/correlation-id");
	assert_string_equal(text(row, "level"), "OBSERVED");
	assert_string_equal(text(row, "requirement"), rule_get(RULE_META_CORRELATION)->requirement);
	assert_string_equal(text(cJSON_GetObjectItem(row, "client"), "client_id"), "ID");
	assert_string_equal(text(cJSON_GetObjectItem(row, "client"), "user_agent"), "agent/1");
	assert_int_equal(number(row, "count"), 5);
	assert_int_equal(number(row, "rejected"), 2);
	assert_int_equal(number(row, "first_seq"), 3);
	assert_int_equal(number(row, "last_seq"), 7);
	assert_string_equal(text(row, "detail"), "seen at 7");
	assert_string_equal(text(row, "last_correlation_id"), "c-1");
	assert_string_equal(text(row, "last_world_time"), "1970-01-01T00:16:40Z");
}

static void clients_and_rules_are_kept_apart(void **state)
{
	(void)state;
	add("a", "agent/1", RULE_META_CORRELATION, 1);
	add("A", "agent/1", RULE_META_CORRELATION, 2);
	add("b", "agent/1", RULE_META_CORRELATION, 3);
	add("a", "agent/2", RULE_META_CORRELATION, 4);
	add("a", NULL, RULE_META_CORRELATION, 5);
	add("", NULL, RULE_META_HEADER, 6);
	assert_int_equal(count(NULL, NULL, NULL), 5);
	assert_int_equal(count("META-03", NULL, NULL), 4);
	assert_int_equal(count("metadata-header", NULL, NULL), 1);
	assert_int_equal(count("META-03", "A", NULL), 3);
	assert_int_equal(count(NULL, "a", "agent/1"), 1);
	assert_int_equal(count(NULL, "", NULL), 1);
	assert_int_equal(count(NULL, "c", NULL), 0);
}

static void the_book_is_bounded_and_counts_what_it_leaves_out(void **state)
{
	OWNED(cJSON) *json = NULL;
	char id[32];

	(void)state;
	for (int i = 0; i < FINDINGS_ROWS_MAX + 10; i++) {
		(void)snprintf(id, sizeof(id), "client-%d", i);
		add(id, NULL, RULE_META_HEADER, 1);
	}
	add("client-0", NULL, RULE_META_HEADER, 2);
	json = look(&(struct findings_filter){0});
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "findings")),
	                 FINDINGS_ROWS_MAX);
	assert_int_equal(number(json, "left_out"), 10);
	assert_int_equal(
	        number(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "findings"), 0), "count"), 2);
}

static void reset_forgets_everything(void **state)
{
	OWNED(cJSON) *json = NULL;

	(void)state;
	add("a", NULL, RULE_META_HEADER, 1);
	findings_book_reset(book);
	assert_int_equal(count(NULL, NULL, NULL), 0);
	add("a", NULL, RULE_META_HEADER, 9);
	json = look(&(struct findings_filter){0});
	assert_int_equal(
	        number(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "findings"), 0), "first_seq"),
	        9);
}

/* SEC-01 */
static void no_secret_gets_into_the_book(void **state)
{
	OWNED_STRUCT(bytes) shown = {0};

	(void)state;
	add(JWT, "agent " JWT, RULE_META_HEADER, 1);
	assert_int_equal(findings_book_json(book, &(struct findings_filter){0}, &shown, NULL),
	                 MSIV2_OK);
	assert_null(strstr(bytes_text(&shown), "eyJ"));
	assert_non_null(strstr(bytes_text(&shown), REDACTED));
}

/* Through the admin interface, from an exchange. */
static void findings_are_asked_for(void **state)
{
	struct stage stage;
	struct journal_times times = {0};

	(void)state;
	stage_new(&stage, NULL);
	stage_begin(&stage, "imds", "GET", STAGE_METADATA, "cred-api-version=2.0");
	stage_header(&stage, "Metadata", "true");
	stage_header(&stage, "User-Agent", "probe/1");
	stage_imds(&stage);
	journal_add(stage.world->journal, &stage.request, &stage.response, &stage.notes, &times);
	stage_begin(&stage, "admin", "GET", "/findings", "rule=META-03&user_agent=probe%2F1");
	stage_admin(&stage);
	assert_int_equal(stage.response.status, 200);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "findings")), 1);
	stage_begin(&stage, "admin", "GET", "/findings", "rule=META-99");
	stage_admin(&stage);
	assert_int_equal(stage.response.status, 400);
	stage_begin(&stage, "admin", "GET", "/findings", "colour=red");
	stage_admin(&stage);
	assert_int_equal(stage.response.status, 400);
	stage_begin(&stage, "admin", "GET", "/findings", "rule=META-03&rule=META-03");
	stage_admin(&stage);
	assert_int_equal(stage.response.status, 400);
	stage_begin(&stage, "admin", "POST", "/reset", NULL);
	stage_admin(&stage);
	stage_begin(&stage, "admin", "GET", "/findings", NULL);
	stage_admin(&stage);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(stage.json, "findings")), 0);
	stage_free(&stage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_book, drop_book)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_row_counts_one_rule_of_one_client),
	        TEST(clients_and_rules_are_kept_apart),
	        TEST(the_book_is_bounded_and_counts_what_it_leaves_out),
	        TEST(reset_forgets_everything),
	        TEST(no_secret_gets_into_the_book),
	        cmocka_unit_test(findings_are_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
