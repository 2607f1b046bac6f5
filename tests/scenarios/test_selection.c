/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "scenarios/runner/catalogue.h"
#include "tests/testing.h"

#define COUNT 6

/* In the order of their ids. */
static struct scenario scenarios[COUNT] = {
        {.id = "flow.cold", .level = LEVEL_MUST},
        {.id = "flow.warm", .level = LEVEL_SHOULD},
        {.id = "net.a", .level = LEVEL_OBSERVED, .twin = "flow.cold", .negative = true},
        {.id = "net.b", .level = LEVEL_SPEC, .twin = "net.c", .negative = true},
        {.id = "net.c", .level = LEVEL_HOUSE},
        {.id = "sts.a", .level = LEVEL_MUST, .twin = "net.c", .negative = true}};
static const struct catalogue catalogue = {scenarios, COUNT};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		scenarios[i].requirements =
		        cJSON_Parse(i % 2 ? "[\"NET-01\",\"STS-05\"]" : "[\"NET-01\"]");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		cJSON_Delete((cJSON *)scenarios[i].requirements);
	return 0;
}

/* One letter for each scenario: c chosen, t twin only, - neither. */
static void assert_choice(const struct selection *selection, const char *wanted)
{
	bool chosen[COUNT];
	bool twins[COUNT];
	char seen[COUNT + 1] = "";
	size_t count = 0;
	size_t told = selection_choose(selection, &catalogue, chosen, twins);

	for (size_t i = 0; i < COUNT; i++) {
		assert_false(chosen[i] && twins[i]);
		seen[i] = chosen[i] ? 'c' : twins[i] ? 't' : '-';
		count += chosen[i];
	}
	assert_string_equal(seen, wanted);
	assert_int_equal(told, count);
}

static void filters_are_ids_globs_groups_and_requirements(void **state)
{
	static const struct {
		const char *filters[2];
		size_t count;
		const char *wanted;
	} rows[] = {{{NULL}, 0, "cccccc"},
	            {{"flow.cold"}, 1, "c-----"},
	            {{"flow"}, 1, "cc----"},
	            {{"*.a"}, 1, "t-c-tc"},
	            {{"net.?"}, 1, "t-ccc-"},
	            {{"STS-05"}, 1, "-c-ctc"},
	            {{"flow.warm", "net.a"}, 2, "tcc---"},
	            {{"flow.cold", "net.a"}, 2, "c-c---"},
	            {{"flo"}, 1, "------"},
	            {{"sts-05"}, 1, "------"},
	            {{""}, 1, "------"}};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		const struct selection selection = {.filters = rows[i].filters,
		                                    .filter_count = rows[i].count};

		assert_choice(&selection, rows[i].wanted);
	}
}

static void a_level_takes_the_stronger_ones_with_it(void **state)
{
	static const struct {
		const char *word, *wanted;
	} rows[] = {{"must", "c---tc"},
	            {"should", "cc--tc"},
	            {"observed", "ccc-tc"},
	            {"all", "cccccc"}};
	struct selection selection = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		assert_true(selection_set_level(&selection, rows[i].word));
		assert_choice(&selection, rows[i].wanted);
	}
	assert_false(selection_set_level(&selection, "MUST"));
	assert_false(selection_set_level(&selection, ""));
	assert_choice(&selection, "cccccc");
}

static void all_shards_together_are_the_whole(void **state)
{
	static const char *const texts[] = {"1/1", "2/2", "2/4", "7/7", "1000/1000"};
	static const char *const filters[] = {"net", "sts"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++) {
		struct selection selection = {.filters = filters, .filter_count = 2};
		unsigned times[COUNT] = {0};

		assert_true(selection_set_shard(&selection, texts[i]));
		for (unsigned shard = 1; shard <= selection.shards; shard++) {
			bool chosen[COUNT];
			bool twins[COUNT];

			selection.shard = shard;
			(void)selection_choose(&selection, &catalogue, chosen, twins);
			for (size_t j = 0; j < COUNT; j++)
				times[j] += chosen[j];
		}
		for (size_t j = 0; j < COUNT; j++)
			assert_int_equal(times[j], j >= 2);
	}
}

static void a_shard_that_is_none_is_refused(void **state)
{
	static const char *const texts[] = {"",     "1",    "/",      "1/",         "/2",   "0/2",
	                                    "3/2",  "-1/2", "1/1001", "1/2/3",      "a/2",  "1/b",
	                                    " 1/2", "1/ 2", "1.0/2",  "12345678/2", "+1/2", "1/0"};
	struct selection selection = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++)
		if (selection_set_shard(&selection, texts[i]))
			fail_msg("%s", texts[i]);
	assert_int_equal(selection.shards, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(filters_are_ids_globs_groups_and_requirements),
	        cmocka_unit_test(a_level_takes_the_stronger_ones_with_it),
	        cmocka_unit_test(all_shards_together_are_the_whole),
	        cmocka_unit_test(a_shard_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
