/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "emulator/http/exchange.h"
#include "tests/testing.h"

static void headers_are_found_ignoring_case_and_counted(void **state)
{
	static const struct http_header headers[] = {
	        {"Host", "x"}, {"METADATA", "1"}, {"metadata", "2"}};
	const struct http_request request = {.headers = headers, .header_count = 3};
	size_t count = 9;

	(void)state;
	assert_string_equal(http_header(&request, "Metadata", &count), "1");
	assert_int_equal(count, 2);
	assert_null(http_header(&request, "Meta", &count));
	assert_int_equal(count, 0);
	assert_string_equal(http_header(&request, "hOST", NULL), "x");
}

static void a_full_table_takes_no_more_headers(void **state)
{
	OWNED_STRUCT(http_response) response = {0};

	(void)state;
	for (int i = 0; i < HTTP_RESPONSE_HEADERS + 3; i++)
		http_add_header(&response, "A", "b");
	assert_int_equal(response.header_count, HTTP_RESPONSE_HEADERS);
}

static void a_value_that_is_too_long_is_left_out_whole(void **state)
{
	OWNED_STRUCT(http_response) response = {0};
	char value[sizeof(response.headers[0].value) + 1];

	(void)state;
	memset(value, 'a', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	http_add_header(&response, "A", value);
	assert_int_equal(response.header_count, 0);
	value[sizeof(value) - 2] = '\0';
	http_add_header(&response, "A", value);
	assert_int_equal(response.header_count, 1);
	assert_string_equal(response.headers[0].value, value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(headers_are_found_ignoring_case_and_counted),
	        cmocka_unit_test(a_full_table_takes_no_more_headers),
	        cmocka_unit_test(a_value_that_is_too_long_is_left_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
