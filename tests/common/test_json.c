/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <dirent.h>
#include <string.h>

#include "common/files.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"

static const struct blame blame = {MSIV2_STS_MALFORMED, "sts.token"};

void *__real_mem_alloc(size_t size);
void *__wrap_mem_alloc(size_t size);
static bool no_memory;

void *__wrap_mem_alloc(size_t size)
{
	return no_memory ? NULL : __real_mem_alloc(size);
}

static void judge_sample(const char *name)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED(cJSON) *tree = NULL;
	struct msiv2_error err = {0};
	enum msiv2_rc want = text_starts(name, "good_") ? MSIV2_OK : MSIV2_STS_MALFORMED;

	bytes_addf(&path, "%s/json/%s", TESTS_WIRE_DIR, name);
	assert_int_equal(files_read(bytes_text(&path), 1 << 20, MSIV2_CONFIG, &text, &err),
	                 MSIV2_OK);
	if (json_parse(text.data, text.len, &blame, &tree, &err) != want)
		fail_msg("%s: expected %s: %s", name, msiv2_rc_name(want), err.message);
	assert_true((tree != NULL) == (want == MSIV2_OK));
	if (want != MSIV2_OK) {
		assert_string_equal(err.where, "sts.token");
		assert_true(text_starts(err.message, "JSON: "));
	}
}

static void every_sample_is_judged_as_its_name_says(void **state)
{
	DIR *dir = opendir(TESTS_WIRE_DIR "/json");
	struct dirent *entry;
	int judged = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.') {
			judge_sample(entry->d_name);
			judged++;
		}
	}
	closedir(dir);
	assert_true(judged >= 30);
}

static void the_message_gives_the_place_of_the_first_violation(void **state)
{
	struct msiv2_error err = {0};
	cJSON *tree = NULL;

	(void)state;
	assert_int_equal(json_parse("{\"a\": tru}", 10, &blame, &tree, &err), MSIV2_STS_MALFORMED);
	assert_string_equal(err.message, "JSON: not a JSON value (byte 6 of 10)");
	assert_int_equal(json_parse("{\"a\":1,\"a\":1}", 13, &blame, &tree, &err),
	                 MSIV2_STS_MALFORMED);
	assert_string_equal(err.message, "JSON: member \"a\" is given twice");
	assert_null(tree);
}

static void a_hundred_thousand_members_are_checked_quickly(void **state)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED(cJSON) *tree = NULL;
	struct msiv2_error err = {0};

	(void)state;
	bytes_add_text(&text, "{");
	for (int i = 0; i < 100000; i++)
		bytes_addf(&text, "\"%d\":0,", i);
	bytes_add_text(&text, "\"77777\":1}");
	assert_int_equal(json_parse(text.data, text.len, &blame, &tree, &err), MSIV2_STS_MALFORMED);
	assert_string_equal(err.message, "JSON: member \"77777\" is given twice");
}

static void an_object_is_required_where_one_is_expected(void **state)
{
	struct msiv2_error err = {0};
	cJSON *tree = NULL;

	(void)state;
	assert_int_equal(json_parse_object("[]", 2, &blame, &tree, &err), MSIV2_STS_MALFORMED);
	assert_null(tree);
}

static void readers_name_the_member_that_is_wrong(void **state)
{
	const char *text = "{\"s\":\"v\",\"e\":\"\",\"n\":null,\"i\":5,\"t\":\"7\",\"f\":1.5,"
	                   "\"o\":{},\"big\":1e30,\"x\":\"7x\"}";
	OWNED(cJSON) *tree = NULL;
	struct msiv2_error err = {0};
	const char *s;
	const cJSON *o;
	int64_t i;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &blame, &tree, &err), MSIV2_OK);
	assert_int_equal(json_need_string(tree, "s", &blame, &s, &err), MSIV2_OK);
	assert_string_equal(s, "v");
	assert_int_equal(json_need_string(tree, "S", &blame, &s, &err), MSIV2_STS_MALFORMED);
	assert_string_equal(err.message, "member \"S\" is missing");
	assert_int_equal(json_need_string(tree, "e", &blame, &s, &err), MSIV2_STS_MALFORMED);
	assert_string_equal(err.message, "member \"e\" is empty");
	assert_int_equal(json_need_string(tree, "i", &blame, &s, &err), MSIV2_STS_MALFORMED);
	assert_string_equal(err.message, "member \"i\" is not a string");
	assert_int_equal(json_may_string(tree, "n", &blame, &s, &err), MSIV2_OK);
	assert_null(s);
	assert_int_equal(json_need_object(tree, "o", &blame, &o, &err), MSIV2_OK);
	assert_int_equal(json_need_object(tree, "s", &blame, &o, &err), MSIV2_STS_MALFORMED);
	assert_int_equal(json_need_object(tree, "n", &blame, &o, &err), MSIV2_STS_MALFORMED);
	assert_int_equal(json_need_integer(tree, "i", 0, 9, false, &blame, &i, &err), MSIV2_OK);
	assert_int_equal(i, 5);
	assert_int_equal(json_need_integer(tree, "t", 0, 9, true, &blame, &i, &err), MSIV2_OK);
	assert_int_equal(i, 7);
}

static void numbers_out_of_range_or_form_are_refused(void **state)
{
	static const struct {
		const char *text;
		bool or_text;
	} bad[] = {
	        {"{\"i\":10}", false},    {"{\"i\":-1}", false},
	        {"{\"i\":1.5}", false},   {"{\"i\":1e30}", false},
	        {"{\"i\":\"7\"}", false}, {"{\"i\":\"7x\"}", true},
	        {"{\"i\":\"10\"}", true}, {"{\"i\":true}", true},
	        {"{\"i\":null}", true},   {"{}", true},
	};

	(void)state;
	for (size_t k = 0; k < TEXT_COUNT(bad); k++) {
		OWNED(cJSON) *tree = NULL;
		int64_t i = 0;

		assert_int_equal(json_parse(bad[k].text, strlen(bad[k].text), &blame, &tree, NULL),
		                 MSIV2_OK);
		if (json_need_integer(tree, "i", 0, 9, bad[k].or_text, &blame, &i, NULL) ==
		    MSIV2_OK)
			fail_msg("accepted %s", bad[k].text);
	}
}

static void out_of_memory_is_internal_not_malformed(void **state)
{
	struct msiv2_error err = {0};
	cJSON *tree = NULL;

	(void)state;
	no_memory = true;
	assert_int_equal(json_parse("{\"a\":1,\"b\":2}", 13, &blame, &tree, &err), MSIV2_INTERNAL);
	no_memory = false;
	assert_null(tree);
}

static void a_tree_that_could_not_be_built_fails_its_print(void **state)
{
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	json_print(NULL, &out);
	assert_int_equal(bytes_done(&out, "print", NULL), MSIV2_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_sample_is_judged_as_its_name_says),
	        cmocka_unit_test(the_message_gives_the_place_of_the_first_violation),
	        cmocka_unit_test(a_hundred_thousand_members_are_checked_quickly),
	        cmocka_unit_test(an_object_is_required_where_one_is_expected),
	        cmocka_unit_test(readers_name_the_member_that_is_wrong),
	        cmocka_unit_test(numbers_out_of_range_or_form_are_refused),
	        cmocka_unit_test(out_of_memory_is_internal_not_malformed),
	        cmocka_unit_test(a_tree_that_could_not_be_built_fails_its_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
