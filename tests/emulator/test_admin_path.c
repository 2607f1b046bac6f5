/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "emulator/admin/admin_path.h"
#include "emulator/admin/admin_table.h"
#include "tests/testing.h"

static void a_parameter_is_one_whole_segment(void **state)
{
	struct admin_path_params params;

	(void)state;
	assert_true(admin_path_match("/faults/{id}", "/faults/slow-token", &params));
	assert_string_equal(admin_path_param(&params, "id"), "slow-token");
	assert_string_equal(admin_path_param(&params, "i"), "");
	assert_string_equal(admin_path_param(&params, "other"), "");
	assert_true(admin_path_match("/a/{x}/b/{yy}", "/a/1/b/2", &params));
	assert_string_equal(admin_path_param(&params, "x"), "1");
	assert_string_equal(admin_path_param(&params, "yy"), "2");
	assert_true(admin_path_match("/health", "/health", &params));
	assert_string_equal(admin_path_param(&params, "id"), "");
}

static void percent_escapes_are_decoded(void **state)
{
	struct admin_path_params params;

	(void)state;
	assert_true(admin_path_match("/f/{id}", "/f/a%20b%2Fc%c3%A9", &params));
	assert_string_equal(admin_path_param(&params, "id"), "a b/c\xC3\xA9");
}

static void what_does_not_fit_matches_nothing(void **state)
{
	static const char *const paths[] = {
	        "",       "/",      "/f",      "/f/",  "f/a",   "/f/a/",  "/f/a/b",
	        "/g/a",   "//f/a",  "/f//a",   "/F/a", "/f/%",  "/f/%2",  "/f/%zz",
	        "/f/%00", "/f/%ff", "/f/a%C3", "/fa",  "/ff/a", "/%66/a",
	};
	struct admin_path_params params;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(paths); i++)
		if (admin_path_match("/f/{id}", paths[i], &params))
			fail_msg("%s", paths[i]);
	assert_false(admin_path_match("/{a}/{b}/{c}", "/1/2/3", &params));
}

static void a_segment_that_is_too_long_matches_nothing(void **state)
{
	char path[ADMIN_PARAM_SIZE + 4] = "/f/";
	struct admin_path_params params;

	(void)state;
	memset(path + 3, 'a', ADMIN_PARAM_SIZE - 1);
	assert_true(admin_path_match("/f/{id}", path, &params));
	assert_int_equal(strlen(admin_path_param(&params, "id")), ADMIN_PARAM_SIZE - 1);
	path[ADMIN_PARAM_SIZE + 2] = 'a';
	assert_false(admin_path_match("/f/{id}", path, &params));
}

static void every_route_is_complete_and_there_once(void **state)
{
	size_t count = 0;
	const struct admin_routes *const *nouns = admin_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < nouns[i]->count; j++) {
			const struct admin_route *row = &nouns[i]->rows[j];
			struct admin_path_params params;
			OWNED_STRUCT(bytes) allow = {0};
			int status = 0;

			assert_non_null(row->answer);
			assert_true(row->path[0] == '/');
			/* Only what changes something takes a body; looking changes nothing. */
			assert_false(text_equal(row->method, "GET") &&
			             ((row->takes & ADMIN_BODY) || row->change));
			/* A second row of the same method and path would never be found. */
			assert_ptr_equal(
			        admin_table_find(row->method, row->path, &params, &status, &allow),
			        row);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_parameter_is_one_whole_segment),
	        cmocka_unit_test(percent_escapes_are_decoded),
	        cmocka_unit_test(what_does_not_fit_matches_nothing),
	        cmocka_unit_test(a_segment_that_is_too_long_matches_nothing),
	        cmocka_unit_test(every_route_is_complete_and_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
