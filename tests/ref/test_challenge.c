/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a person is told of a resource's challenge. */
#include "tests/testing.h"

#include "common/text.h"
#include "ref/cli/challenge.h"

#define ONE "eyJhIjoxfQ=="

static void claims_are_found_and_decoded(void **state)
{
	static const char *const rows[][2] = {
	        {"Bearer claims=\"" ONE "\"", "{\"a\":1}"},
	        {"Bearer realm=\"x\",CLAIMS=\"" ONE "\", b=c", "{\"a\":1}"},
	        {"Bearer claims=\"eyJhIjoxfQ\"", "{\"a\":1}"},
	        {"Bearer claims=\"eyJhIjoiPz4_In0\"", "{\"a\":\"?>?\"}"},
	        {"Bearer claims=\"eyJhIjoiPz4/In0=\"", "{\"a\":\"?>?\"}"},
	        {"A realm=\"\\\" claims=\\\"\", claims=\"" ONE "\"", "{\"a\":1}"},
	        {"claims=\"" ONE "\"", "{\"a\":1}"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) claims = {0};

		if (!challenge_claims(rows[i][0], &claims))
			fail_msg("none in %s", rows[i][0]);
		assert_string_equal(bytes_text(&claims), rows[i][1]);
	}
}

static void what_is_no_line_of_json_is_no_claims(void **state)
{
	static const char *const rows[] = {
	        "",
	        "Bearer",
	        "Bearer claims=",
	        "Bearer claims=\"\"",
	        "Bearer claims=\"" ONE,
	        "Bearer claims=" ONE,
	        "Bearer xclaims=\"" ONE "\"",
	        "Bearer realm=\"claims=\"",
	        "Bearer realm=\" claims=" ONE "\"",
	        "Bearer claims=\"%%%\"",
	        "Bearer claims=\"WzFd\"",             /* [1] */
	        "Bearer claims=\"eyJhIjoK\"",         /* cut short */
	        "Bearer claims=\"eyJhIjoKMX0=\"",     /* a line feed in it */
	        "Bearer claims=\"eyJhIjoiw6QifQ==\"", /* not ASCII */
	        "Bearer realm=\"\\",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) claims = {0};

		if (challenge_claims(rows[i], &claims))
			fail_msg("%s in %s", bytes_text(&claims), rows[i]);
		assert_int_equal(claims.len, 0);
	}
}

static void a_line_does_nothing_to_a_terminal(void **state)
{
	OWNED_STRUCT(bytes) line = {0};

	(void)state;
	challenge_line("Bearer \x1b[2J\x7f\t\xc3\xa4 ~", &line);
	assert_string_equal(bytes_text(&line), "Bearer ?[2J???? ~");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(claims_are_found_and_decoded),
	        cmocka_unit_test(what_is_no_line_of_json_is_no_claims),
	        cmocka_unit_test(a_line_does_nothing_to_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
