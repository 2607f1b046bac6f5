/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/text.h"

static void comparisons_know_null_and_case(void **state)
{
	(void)state;
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("a", "A"));
	assert_true(text_equal_nocase("MtLs_PoP", "mtls_pop"));
	assert_false(text_equal_nocase("mtls_pop", "mtls_pop "));
	assert_false(text_equal_nocase(NULL, "x"));
	assert_true(text_starts_nocase("/METADATA/identity", "/metadata/"));
	assert_false(text_starts_nocase("/meta", "/metadata/"));
	assert_true(text_starts("abc", ""));
	assert_true(text_empty(NULL) && text_empty("") && !text_empty(" "));
}

static void a_copy_that_does_not_fit_is_refused_whole(void **state)
{
	char out[4] = "old";

	(void)state;
	assert_true(text_copy(out, sizeof(out), "abc"));
	assert_string_equal(out, "abc");
	assert_false(text_copy(out, sizeof(out), "abcd"));
	assert_string_equal(out, "");
}

static void numbers_are_whole_decimal_and_in_range(void **state)
{
	static const char *const bad[] = {"",
	                                  "-",
	                                  "+1",
	                                  " 1",
	                                  "1 ",
	                                  "0x1",
	                                  "1.0",
	                                  "9223372036854775808",
	                                  "-9223372036854775809",
	                                  "--1"};
	int64_t n = 42;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		if (text_to_int(bad[i], INT64_MIN, INT64_MAX, &n))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(n, 42);
	}
	assert_true(text_to_int("9223372036854775807", INT64_MIN, INT64_MAX, &n));
	assert_true(n == INT64_MAX);
	assert_true(text_to_int("-9223372036854775808", INT64_MIN, INT64_MAX, &n));
	assert_true(n == INT64_MIN);
	assert_true(text_to_int("65535", 0, 65535, &n));
	assert_false(text_to_int("65536", 0, 65535, &n));
	assert_false(text_to_int("-1", 0, 65535, &n));
}

/* RFC 3629 section 4 and its well-known traps. */
static void utf8_is_judged_to_the_letter(void **state)
{
	static const char *const good[] = {"",
	                                   "ascii",
	                                   "\xc3\xa9",
	                                   "\xe2\x82\xac",
	                                   "\xf0\x9f\x98\x80",
	                                   "\xed\x9f\xbf",
	                                   "\xee\x80\x80",
	                                   "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80",
	                                  "\xc0\x80",
	                                  "\xc1\xbf",
	                                  "\xc3",
	                                  "\xe0\x9f\xbf",
	                                  "\xed\xa0\x80",
	                                  "\xf0\x8f\xbf\xbf",
	                                  "\xf4\x90\x80\x80",
	                                  "\xf5\x80\x80\x80",
	                                  "\xe2\x82",
	                                  "\xe2\x28\xa1",
	                                  "\xff"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(good); i++)
		assert_true(text_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		if (text_is_utf8(bad[i], strlen(bad[i])))
			fail_msg("accepted sample %zu", i);
	}
}

static void a_uuid_has_its_dashes_in_place(void **state)
{
	(void)state;
	assert_true(text_is_uuid("72f988bf-0000-4000-8000-00000000AAAA"));
	assert_false(text_is_uuid("72f988bf-0000-4000-8000-00000000aaa"));
	assert_false(text_is_uuid("72f988bf-0000-4000-8000-00000000aaaaa"));
	assert_false(text_is_uuid("72f988bf00000-4000-8000-00000000aaaa"));
	assert_false(text_is_uuid("72f988bf-0000-4000-8000-00000000aaag"));
	assert_false(text_is_uuid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(comparisons_know_null_and_case),
	        cmocka_unit_test(a_copy_that_does_not_fit_is_refused_whole),
	        cmocka_unit_test(numbers_are_whole_decimal_and_in_range),
	        cmocka_unit_test(utf8_is_judged_to_the_letter),
	        cmocka_unit_test(a_uuid_has_its_dashes_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
