/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "ref/service_text.h"

#define TEN "0123456789"

static const struct {
	const char *from;
	const char *to;
} rows[] = {
        {NULL, ""},
        {"", ""},
        {"Identity not found", "Identity not found"},
        {"  spaces \t\r\n and lines\n", "spaces and lines"},
        {"bell\a escape\x1B[31m del\x7F", "bell? escape?[31m del?"},
        {"caf\xC3\xA9", "caf??"},
        {"a eyJhbGciOiJub25lIn0.e30. b", "a [removed] b"},
        {"token=eyJhbGciOiJub25lIn0.e30.;", "[removed];"},
        {"\"eyJ0\"", "\"[removed]\""},
        {"Trace ID: 11111111-1111-4111-8111-111111111111",
         "Trace ID: 11111111-1111-4111-8111-111111111111"},
        {"https://login.microsoftonline.com/72f988bf-0000-4000-8000-00000000aaaa/oauth2/v2.0/token",
         "https://login.microsoftonline.com/72f988bf-0000-4000-8000-00000000aaaa/oauth2/v2.0/"
         "token"},
        {"x " TEN TEN TEN TEN TEN TEN TEN "012345678 y",
         "x " TEN TEN TEN TEN TEN TEN TEN "012345678 y"},
        {"x " TEN TEN TEN TEN TEN TEN TEN TEN " y", "x [removed] y"},
};

static void texts_become_one_safe_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		char out[256];

		service_text_copy(out, sizeof(out), rows[i].from);
		assert_string_equal(out, rows[i].to);
	}
}

static void what_does_not_fit_is_cut(void **state)
{
	char out[8] = "xxxxxxx";

	(void)state;
	service_text_copy(out, sizeof(out), "abcdefghij");
	assert_string_equal(out, "abcdefg");
	service_text_copy(out, 4, "ab cd");
	assert_string_equal(out, "ab");
	service_text_copy(out, 1, "abc");
	assert_string_equal(out, "");
}

/* Were a text cut before it is cleaned, the start of a token at the cut would remain. */
static void a_token_at_the_cut_leaves_nothing(void **state)
{
	char out[12];

	(void)state;
	service_text_copy(out, sizeof(out), "abcdef abcdefgh.eyJhbGciOiJub25lIn0");
	assert_string_equal(out, "abcdef [rem");
}

static void every_byte_gives_printable_ascii(void **state)
{
	char from[256];
	char out[512];

	(void)state;
	for (int i = 0; i < 255; i++)
		from[i] = (char)(i + 1);
	from[255] = '\0';
	service_text_copy(out, sizeof(out), from);
	assert_true(strlen(out) > 95);
	for (const char *c = out; *c != '\0'; c++)
		assert_true(*c >= 0x20 && *c < 0x7F);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(texts_become_one_safe_line),
	        cmocka_unit_test(what_does_not_fit_is_cut),
	        cmocka_unit_test(a_token_at_the_cut_leaves_nothing),
	        cmocka_unit_test(every_byte_gives_printable_ascii),
	};

	return cmocka_run_group_tests_name("service_text", tests, NULL, NULL);
}
