/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The files of the page, as a browser gets them; what it does with them is judged in
 * tests/e2e/page.sh. */
#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "emulator/embedded.h"
#include "faults.h"
#include "stage.h"

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

static void get(const char *path)
{
	stage_begin(&stage, "admin", "GET", path, NULL);
	stage_admin(&stage);
}

static void each_file_comes_with_its_type_and_whole(void **state)
{
	static const struct {
		const char *path;
		const char *type;
		const char *end;
	} rows[] = {
	        {"/", "text/html; charset=utf-8", "</html>\n"},
	        {"/page.css", "text/css; charset=utf-8", "}\n"},
	        {"/page.js", "text/javascript; charset=utf-8", ";\n"},
	        {"/page/dom.js", "text/javascript; charset=utf-8", "}\n"},
	        {"/page/icon.svg", "image/svg+xml", "</svg>\n"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		const char *body;

		get(rows[i].path);
		body = bytes_text(&stage.response.body);
		assert_int_equal(stage.response.status, 200);
		assert_string_equal(stage.response.content_type, rows[i].type);
		assert_int_equal(strlen(body), stage.response.body.len);
		assert_string_equal(body + strlen(body) - strlen(rows[i].end), rows[i].end);
	}
}

static void a_browser_is_told_to_load_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < embedded_page_count; i++) {
		OWNED_STRUCT(bytes) path = {0};
		const char *policy;

		bytes_addf(&path, "/page/%s", embedded_page[i].name);
		get(bytes_text(&path));
		policy = stage_answer_header(&stage, "Content-Security-Policy");
		assert_non_null(policy);
		assert_non_null(strstr(policy, "default-src 'none'"));
		assert_non_null(strstr(policy, "frame-ancestors 'none'"));
		assert_null(strstr(policy, "unsafe"));
		assert_null(strstr(policy, "http"));
		assert_string_equal(stage_answer_header(&stage, "X-Content-Type-Options"),
		                    "nosniff");
		assert_string_equal(stage_answer_header(&stage, "Referrer-Policy"), "no-referrer");
	}
}

static void the_page_needs_no_markup_from_strings(void **state)
{
	static const char *const unwanted[] = {
	        "innerHTML",      "outerHTML",   "insertAdjacentHTML", "eval(",
	        "document.write", "javascript:", "new Function"};

	(void)state;
	for (size_t i = 0; i < embedded_page_count; i++)
		for (size_t j = 0; j < TEXT_COUNT(unwanted); j++)
			assert_null(strstr((const char *)embedded_page[i].data, unwanted[j]));
}

static void what_the_page_does_not_have_is_not_found(void **state)
{
	static const char *const paths[] = {"/page/", "/page/none.js", "/page/..%2Fpage.js",
	                                    "/page/dom.js/x"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++) {
		get(paths[i]);
		assert_int_equal(stage.response.status, 404);
		assert_string_equal(stage.response.content_type, "application/problem+json");
	}
}

static void without_memory_the_page_is_a_failure(void **state)
{
	(void)state;
	stage_begin(&stage, "admin", "GET", "/", NULL);
	fault_at(FAULT_MEMORY, 1);
	stage_admin(&stage);
	assert_true(fault_disarm());
	assert_int_equal(stage.response.status, 500);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_file_comes_with_its_type_and_whole),
	        TEST(a_browser_is_told_to_load_nothing_else),
	        TEST(the_page_needs_no_markup_from_strings),
	        TEST(what_the_page_does_not_have_is_not_found),
	        TEST(without_memory_the_page_is_a_failure),
	};

	return cmocka_run_group_tests_name("admin_page", tests, make_stage, drop_stage);
}
