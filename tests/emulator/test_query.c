/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "emulator/query.h"
#include "faults.h"
#include "tests/ref/wire_samples.h"
#include "tests/testing.h"

static const struct blame blame = {MSIV2_CONFIG, "query"};

static enum msiv2_rc parse(const char *text, struct query *out)
{
	return query_parse(text, strlen(text), &blame, out, NULL);
}

/* Texts that are refused. */
static void broken_escapes_and_texts_are_refused(void **state)
{
	static const char *const bad[] = {"a=%",      "a=%4",  "a=%zz",  "a=%4g",         "a=%00",
	                                  "%00=a",    "a=%ff", "a=%c3",  "a=%ed%a0%80",   "a=1&b=%",
	                                  "a=%c0%af", "%",     "a=\xff", "a=%f4%90%80%80"};
	struct query query;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i], &query), MSIV2_CONFIG);
		assert_int_equal(query.count, 0);
		assert_null(query.storage);
	}
}

static void a_nul_byte_in_the_text_is_refused(void **state)
{
	struct query query;

	(void)state;
	assert_int_equal(query_parse("a=\0b", 4, &blame, &query, NULL), MSIV2_CONFIG);
}

static void names_and_values_are_decoded_in_order(void **state)
{
	OWNED_STRUCT(query) query = {0};

	(void)state;
	assert_int_equal(parse("a=1&b%20c=d+e%26&f&=g&&h=%C3%A9", &query), MSIV2_OK);
	assert_int_equal(query.count, 5);
	assert_string_equal(query.params[0].name, "a");
	assert_string_equal(query.params[0].value, "1");
	assert_string_equal(query.params[1].name, "b c");
	assert_string_equal(query.params[1].value, "d e&");
	assert_string_equal(query.params[2].name, "f");
	assert_string_equal(query.params[2].value, "");
	assert_string_equal(query.params[3].name, "");
	assert_string_equal(query.params[3].value, "g");
	assert_string_equal(query.params[4].value, "\xC3\xA9");
}

static void an_equals_sign_in_a_value_belongs_to_it(void **state)
{
	OWNED_STRUCT(query) query = {0};

	(void)state;
	assert_int_equal(parse("claims=a=b==", &query), MSIV2_OK);
	assert_string_equal(query_get(&query, "claims", NULL), "a=b==");
}

static void an_empty_text_has_no_parameters(void **state)
{
	OWNED_STRUCT(query) query = {0};
	OWNED_STRUCT(query) separators = {0};

	(void)state;
	assert_int_equal(query_parse(NULL, 0, &blame, &query, NULL), MSIV2_OK);
	assert_int_equal(query.count, 0);
	assert_int_equal(parse("&&&", &separators), MSIV2_OK);
	assert_int_equal(separators.count, 0);
	assert_null(query_get(&query, "a", NULL));
	assert_null(query_repeated(&query));
	assert_null(query_unknown(&query, NULL, 0));
}

/* META-09 needs to see them. */
static void repeated_names_stay_visible(void **state)
{
	OWNED_STRUCT(query) query = {0};
	size_t count = 0;

	(void)state;
	assert_int_equal(parse("a=1&b=2&%61=3", &query), MSIV2_OK);
	assert_string_equal(query_get(&query, "a", &count), "1");
	assert_int_equal(count, 2);
	assert_string_equal(query_repeated(&query), "a");
	assert_string_equal(query_get(&query, "b", &count), "2");
	assert_int_equal(count, 1);
}

static void names_are_case_sensitive(void **state)
{
	OWNED_STRUCT(query) query = {0};

	(void)state;
	assert_int_equal(parse("A=1&a=2", &query), MSIV2_OK);
	assert_null(query_repeated(&query));
	assert_string_equal(query_get(&query, "a", NULL), "2");
}

static void the_first_unknown_name_is_found(void **state)
{
	static const char *const known[] = {"a", "b"};
	OWNED_STRUCT(query) query = {0};

	(void)state;
	assert_int_equal(parse("a=1&c=2&d=3", &query), MSIV2_OK);
	assert_string_equal(query_unknown(&query, known, 2), "c");
}

static void exactly_the_maximum_of_parameters_is_accepted(void **state)
{
	char text[QUERY_PARAMS_MAX * 2 + 8] = "";
	OWNED_STRUCT(query) query = {0};
	struct query too_many;

	(void)state;
	for (size_t i = 0; i < QUERY_PARAMS_MAX; i++)
		memcpy(text + 2 * i, "a&", 3);
	assert_int_equal(parse(text, &query), MSIV2_OK);
	assert_int_equal(query.count, QUERY_PARAMS_MAX);
	memcpy(text + (size_t)2 * QUERY_PARAMS_MAX, "a", 2);
	assert_int_equal(parse(text, &too_many), MSIV2_CONFIG);
}

static void running_out_of_memory_leaves_nothing(void **state)
{
	struct query query;

	(void)state;
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(parse("a=1", &query), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	assert_null(query.storage);
}

static void judge(const char *name, bool good, const struct bytes *body)
{
	OWNED_STRUCT(query) query = {0};

	if ((query_parse(bytes_text(body), body->len, &blame, &query, NULL) == MSIV2_OK) != good)
		fail_msg("%s is %s", name, good ? "refused" : "accepted");
}

static void the_samples_are_judged_as_they_are_named(void **state)
{
	(void)state;
	wire_samples_judge("query", judge);
	wire_samples_judge("form", judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(broken_escapes_and_texts_are_refused),
	        cmocka_unit_test(a_nul_byte_in_the_text_is_refused),
	        cmocka_unit_test(names_and_values_are_decoded_in_order),
	        cmocka_unit_test(an_equals_sign_in_a_value_belongs_to_it),
	        cmocka_unit_test(an_empty_text_has_no_parameters),
	        cmocka_unit_test(repeated_names_stay_visible),
	        cmocka_unit_test(names_are_case_sensitive),
	        cmocka_unit_test(the_first_unknown_name_is_found),
	        cmocka_unit_test(exactly_the_maximum_of_parameters_is_accepted),
	        cmocka_unit_test(running_out_of_memory_leaves_nothing),
	        cmocka_unit_test(the_samples_are_judged_as_they_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
