/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "scenarios/runner/unstarted.h"

#include "common/text.h"
#include "tests/testing.h"

/* The evidence of such a run; owned by the caller. */
static void make(struct evidence *evidence, const char *seen)
{
	evidence->seen = cJSON_Parse(seen);
	assert_non_null(evidence->seen);
}

static void an_exit_of_126_or_127_without_a_word_is_no_client(void **state)
{
	static const struct {
		const char *seen;
		bool wanted;
	} rows[] = {
	        {"{\"run\":{\"shim\":null,\"exit\":{\"status\":127}},\"journal\":{\"events\":[]}}",
	         true},
	        {"{\"run\":{\"shim\":null,\"exit\":{\"status\":126}},\"journal\":{\"events\":[]}}",
	         true},
	        {"{\"run\":{\"shim\":null,\"exit\":{\"status\":1}},\"journal\":{\"events\":[]}}",
	         false},
	        {"{\"run\":{\"shim\":null,\"exit\":{\"signal\":11}},\"journal\":{\"events\":[]}}",
	         false},
	        {"{\"run\":{\"shim\":null,\"exit\":null},\"journal\":{\"events\":[]}}", false},
	        {"{\"run\":{\"shim\":{\"protocol\":1},\"exit\":{\"status\":127}},"
	         "\"journal\":{\"events\":[]}}",
	         false},
	        {"{\"run\":{\"shim\":null,\"exit\":{\"status\":127}},"
	         "\"journal\":{\"events\":[{\"seq\":1}]}}",
	         false},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(evidence) evidence = {0};

		make(&evidence, rows[i].seen);
		assert_int_equal(unstarted(&evidence), rows[i].wanted);
	}
}

static void a_client_was_begun_when_it_ended_or_said_hello(void **state)
{
	static const struct {
		const char *seen;
		bool wanted;
	} rows[] = {
	        {"{\"run\":{\"shim\":null,\"exit\":null}}", false},
	        {"{\"run\":{\"shim\":{\"protocol\":1},\"exit\":null}}", true},
	        {"{\"run\":{\"shim\":null,\"exit\":{\"status\":0}}}", true},
	        {"{\"run\":{\"shim\":null,\"exit\":{\"signal\":9}}}", true},
	        {"{}", false},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(evidence) evidence = {0};

		make(&evidence, rows[i].seen);
		assert_int_equal(client_begun(&evidence), rows[i].wanted);
	}
}

static void the_error_has_the_command_and_the_shells_last_words(void **state)
{
	static const struct {
		const char *words;
		const char *message;
	} rows[] = {
	        {"sh: 1: ./x: not found\n", "cannot be started: sh: 1: ./x: not found"},
	        {"first\nlast \n\n", "cannot be started: last"},
	        {" \n", "cannot be started: the shell says nothing more"},
	        {"", "cannot be started: the shell says nothing more"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(evidence) evidence = {0};
		struct msiv2_error err = {0};

		bytes_add_text(&evidence.stderr_text, rows[i].words);
		assert_int_equal(unstarted_error(&evidence, "./x", &err), MSIV2_CONFIG);
		assert_string_equal(err.where, "./x");
		assert_string_equal(err.message, rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_exit_of_126_or_127_without_a_word_is_no_client),
	        cmocka_unit_test(a_client_was_begun_when_it_ended_or_said_hello),
	        cmocka_unit_test(the_error_has_the_command_and_the_shells_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
