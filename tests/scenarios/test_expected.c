/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "scenarios/runner/expected.h"
#include "tests/testing.h"

#define ENTRY                                                                                      \
	"{\"scenario\":\"a.b\",\"check\":\"journal.0\",\"reason\":\"2 events\","                   \
	"\"link\":\"https://example.org/7\",\"expires\":\"2026-11-21\"}"

static const char file_text[] = "{\"expected\":[" ENTRY "]}";

static void read_file(struct expected *out)
{
	struct msiv2_error err = {0};

	assert_int_equal(expected_read(file_text, strlen(file_text), "known.json", out, &err),
	                 MSIV2_OK);
}

/* A verdict as the judge would give it; the caller's check is borrowed. */
static struct verdict verdict_of(const char *scenario, enum verdict_kind kind, const char *reason,
                                 struct verdict_check *check)
{
	struct verdict verdict = {.kind = kind, .checks = check, .check_count = 1};

	assert_true(text_copy(verdict.scenario, sizeof(verdict.scenario), scenario));
	assert_true(text_copy(verdict.reason, sizeof(verdict.reason), reason));
	return verdict;
}

static void only_the_known_failure_in_its_time_is_expected(void **state)
{
	static const struct {
		const char *scenario, *check, *reason, *today;
		enum verdict_kind kind, becomes;
		const char *words;
	} rows[] = {
	        {"a.b", "journal.0", "seen: 2 events match", "2026-11-21", VERDICT_FAIL,
	         VERDICT_EXPECTED_FAIL, "expected until 2026-11-21 (https://example.org/7)"},
	        {"a.b", "journal.0", "seen: 2 events match", "2026-11-22", VERDICT_FAIL,
	         VERDICT_FAIL, "was expected until 2026-11-21"},
	        {"a.b", "journal.1", "seen: 2 events match", "2026-11-21", VERDICT_FAIL,
	         VERDICT_FAIL, "fails otherwise than expected (journal.0, \"2 events\")"},
	        {"a.b", "journal.0", "seen: 3 events match", "2026-11-21", VERDICT_FAIL,
	         VERDICT_FAIL, "fails otherwise than expected"},
	        {"a.b", "journal.0", "", "2026-11-21", VERDICT_PASS, VERDICT_UNEXPECTED_PASS,
	         "take the entry out"},
	        {"a.b", "journal.0", "", "2026-11-22", VERDICT_PASS, VERDICT_UNEXPECTED_PASS,
	         "take the entry out"},
	        {"a.b", "journal.0", "no port", "2026-11-21", VERDICT_ERROR, VERDICT_ERROR,
	         "no port"},
	        {"a.b", "journal.0", "no clock", "2026-11-21", VERDICT_SKIP, VERDICT_SKIP,
	         "no clock"},
	        {"a.c", "journal.0", "2 events", "2026-11-21", VERDICT_FAIL, VERDICT_FAIL,
	         "2 events"},
	};
	OWNED_STRUCT(expected) expected = {0};

	(void)state;
	read_file(&expected);
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct verdict_check check = {.ok = rows[i].kind == VERDICT_PASS};
		struct verdict verdict;

		assert_true(text_copy(check.id, sizeof(check.id), rows[i].check));
		verdict = verdict_of(rows[i].scenario, rows[i].kind, rows[i].reason, &check);
		expected_apply(&expected, rows[i].today, &verdict);
		assert_int_equal(verdict.kind, rows[i].becomes);
		if (!strstr(verdict.reason, rows[i].words))
			fail_msg("row %zu: %s", i, verdict.reason);
		assert_true(strlen(rows[i].reason) == 0 ||
		            strstr(verdict.reason, rows[i].reason) != NULL);
	}
}

static void the_entries_are_told(void **state)
{
	OWNED_STRUCT(expected) expected = {0};
	struct expected none = {0};

	(void)state;
	read_file(&expected);
	assert_int_equal(expected_count(&expected), 1);
	assert_string_equal(expected_scenario(&expected, 0), "a.b");
	assert_int_equal(expected_count(&none), 0);
}

static void a_file_that_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
	        {"[]", "object"},
	        {"{}", "must be"},
	        {"{\"expected\":{}}", "must be"},
	        {"{\"expected\":[],\"more\":1}", "must be"},
	        {"{\"expected\":[{}]}", "scenario"},
	        {"{\"expected\":[{\"scenario\":\"a.b\",\"check\":\"x\",\"reason\":\"x\","
	         "\"link\":\"https://x\"}]}",
	         "expires"},
	        {"{\"expected\":[{\"scenario\":\"a.b\",\"check\":\"x\",\"reason\":\"x\","
	         "\"link\":\"https://x\",\"expires\":\"2026-13-01\"}]}",
	         "no date"},
	        {"{\"expected\":[{\"scenario\":\"a.b\",\"check\":\"x\",\"reason\":\"x\","
	         "\"link\":\"https://x\",\"expires\":\"2026/12/01\"}]}",
	         "no date"},
	        {"{\"expected\":[{\"scenario\":\"a.b\",\"check\":\"x\",\"reason\":\"x\","
	         "\"link\":\"https://x\",\"expires\":\"never\"}]}",
	         "no date"},
	        {"{\"expected\":[{\"scenario\":\"a.b\",\"check\":\"x\",\"reason\":\"x\","
	         "\"link\":\"next week\",\"expires\":\"2026-12-01\"}]}",
	         "no https address"},
	        {"{\"expected\":[{\"scenario\":\"a.b\",\"check\":\"x\",\"reason\":\"x\",\"note\":1,"
	         "\"link\":\"https://x\",\"expires\":\"2026-12-01\"}]}",
	         "unknown member \"note\""},
	        {"{\"expected\":[" ENTRY "," ENTRY "]}", "a.b is there twice"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		OWNED_STRUCT(expected) expected = {0};
		struct msiv2_error err = {0};

		if (expected_read(bad[i].text, strlen(bad[i].text), "known.json", &expected,
		                  &err) != MSIV2_CONFIG)
			fail_msg("%s is accepted", bad[i].text);
		assert_string_equal(msiv2_error_where(&err), "known.json");
		if (!strstr(msiv2_error_message(&err), bad[i].words))
			fail_msg("%s: %s", bad[i].text, msiv2_error_message(&err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_the_known_failure_in_its_time_is_expected),
	        cmocka_unit_test(the_entries_are_told),
	        cmocka_unit_test(a_file_that_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
