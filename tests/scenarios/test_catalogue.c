/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "sandbox.h"
#include "scenarios/runner/catalogue.h"
#include "tests/testing.h"

#define COUNT 5

/* Writes GROUP/NAME.json with that id, level, requirement, and twin (NULL: a positive one). */
static void add(const struct sandbox *sandbox, const char *file, const char *id, const char *level,
                const char *requirement, const char *twin)
{
	char text[1024];
	int len =
	        snprintf(text, sizeof(text),
	                 "{\"id\":\"%s\",\"title\":\"A title that is long enough\",\"kind\":\"%s\","
	                 "\"requirements\":[\"%s\"],\"level\":\"%s\",%s%s%s"
	                 "\"why\":\"Because clients get this wrong now and then.\","
	                 "\"steps\":[{\"do\":\"acquire\"}],\"expect\":{}}",
	                 id, twin ? "negative" : "positive", requirement, level,
	                 twin ? "\"twin\":\"" : "", twin ? twin : "", twin ? "\"," : "");

	assert_in_range(len, 1, sizeof(text) - 1);
	sandbox_write(sandbox, file, text, (size_t)len);
}

static int setup(void **state)
{
	static struct sandbox sandbox;

	sandbox_make(&sandbox);
	sandbox_folder(&sandbox, "flow");
	sandbox_folder(&sandbox, "sts");
	add(&sandbox, "sts/b.json", "sts.b", "SPEC", "STS-02", "flow.cold");
	add(&sandbox, "sts/a.json", "sts.a", "MUST", "STS-01", "flow.warm");
	add(&sandbox, "flow/warm.json", "flow.warm", "SHOULD", "META-01", NULL);
	add(&sandbox, "flow/cold.json", "flow.cold", "MUST", "META-01", NULL);
	add(&sandbox, "sts/c.json", "sts.c", "OBSERVED", "STS-01", "flow.cold");
	sandbox_write(&sandbox, "flow/README.md", "no scenario", 11);
	sandbox_write(&sandbox, "flow/.hidden.json", "no scenario", 11);
	*state = &sandbox;
	return 0;
}

static int teardown(void **state)
{
	sandbox_drop(*state);
	return 0;
}

static void load(void **state, struct catalogue *out)
{
	const struct sandbox *sandbox = *state;

	assert_int_equal(catalogue_load(sandbox->dir, out, NULL), MSIV2_OK);
	assert_int_equal(out->count, COUNT);
}

static void scenarios_are_found_in_their_folders_and_sorted(void **state)
{
	static const char *const ids[COUNT] = {"flow.cold", "flow.warm", "sts.a", "sts.b", "sts.c"};
	OWNED_STRUCT(catalogue) catalogue = {0};

	load(state, &catalogue);
	for (size_t i = 0; i < COUNT; i++) {
		assert_string_equal(catalogue.items[i].id, ids[i]);
		assert_ptr_equal(catalogue_find(&catalogue, ids[i]), &catalogue.items[i]);
	}
	assert_null(catalogue_find(&catalogue, "sts.d"));
}

static void refused(void **state, const char *says)
{
	const struct sandbox *sandbox = *state;
	OWNED_STRUCT(catalogue) catalogue = {0};
	struct msiv2_error err = {0};

	assert_int_equal(catalogue_load(sandbox->dir, &catalogue, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.message, says));
}

static void an_id_that_is_not_the_files_place_is_refused(void **state)
{
	add(*state, "sts/d.json", "sts.other", "MUST", "STS-01", "flow.cold");
	refused(state, "must be \"sts.d\"");
}

static void a_twin_that_is_not_there_is_refused(void **state)
{
	add(*state, "sts/d.json", "sts.d", "MUST", "STS-01", "flow.none");
	refused(state, "not there");
}

static void a_twin_that_is_negative_is_refused(void **state)
{
	add(*state, "sts/d.json", "sts.d", "MUST", "STS-01", "sts.a");
	refused(state, "negative itself");
}

static void an_empty_or_missing_folder_is_refused(void **state)
{
	OWNED_STRUCT(catalogue) catalogue = {0};
	char path[SANDBOX_PATH];

	sandbox_path(*state, "flow", path);
	assert_int_equal(catalogue_load(path, &catalogue, NULL), MSIV2_CONFIG);
	sandbox_path(*state, "none", path);
	assert_int_equal(catalogue_load(path, &catalogue, NULL), MSIV2_CONFIG);
}

/* Chooses, and compares with a text of one letter each: x chosen, t a twin, - neither. */
static void chooses(void **state, const struct selection *selection, const char *expected)
{
	OWNED_STRUCT(catalogue) catalogue = {0};
	bool chosen[COUNT];
	bool twins[COUNT];
	char seen[COUNT + 1] = "";
	size_t count;

	load(state, &catalogue);
	count = selection_choose(selection, &catalogue, chosen, twins);
	for (size_t i = 0; i < COUNT; i++) {
		seen[i] = chosen[i] ? 'x' : twins[i] ? 't' : '-';
		count -= chosen[i];
	}
	assert_string_equal(seen, expected);
	assert_int_equal(count, 0);
}

static void filters_are_globs_groups_and_requirements(void **state)
{
	static const struct {
		const char *filter;
		const char *chosen;
	} rows[] = {{"flow", "xx---"},   {"flow.*", "xx---"}, {"*.a", "-tx--"},
	            {"STS-01", "ttx-x"}, {"sts.b", "t--x-"},  {"nothing", "-----"}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct selection selection = {.filters = &rows[i].filter, .filter_count = 1};

		chooses(state, &selection, rows[i].chosen);
	}
}

static void the_fast_set_is_what_is_marked_so(void **state)
{
	OWNED_STRUCT(catalogue) catalogue = {0};
	const struct selection selection = {.fast = true};
	bool chosen[COUNT];
	bool twins[COUNT];

	load(state, &catalogue);
	assert_int_equal(selection_choose(&selection, &catalogue, chosen, twins), 0);
	catalogue.items[1].fast = true;
	assert_int_equal(selection_choose(&selection, &catalogue, chosen, twins), 1);
	assert_true(chosen[1]);
}

static void a_filter_that_fits_nothing_is_named(void **state)
{
	static const char *const filters[] = {"flow", "STS-01", "flow.typo", "STS-99"};
	struct selection selection = {.filters = filters, .filter_count = 2};
	OWNED_STRUCT(catalogue) catalogue = {0};

	load(state, &catalogue);
	assert_null(selection_misses(&selection, &catalogue));
	selection.filter_count = TEXT_COUNT(filters);
	assert_string_equal(selection_misses(&selection, &catalogue), "flow.typo");
	/* What a level leaves out fits all the same. */
	assert_true(selection_set_level(&selection, "must"));
	selection.filters = &filters[1];
	selection.filter_count = 1;
	assert_null(selection_misses(&selection, &catalogue));
}

static void levels_take_the_stronger_ones_along(void **state)
{
	static const struct {
		const char *level;
		const char *chosen;
	} rows[] = {
	        {"must", "xtx--"}, {"should", "xxx--"}, {"observed", "xxx-x"}, {"all", "xxxxx"}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct selection selection = {0};

		assert_true(selection_set_level(&selection, rows[i].level));
		chooses(state, &selection, rows[i].chosen);
	}
	{
		struct selection selection = {0};

		assert_false(selection_set_level(&selection, "MUST"));
	}
}

static void shards_together_are_the_whole_and_take_their_twins(void **state)
{
	struct selection selection = {0};

	assert_true(selection_set_shard(&selection, "1/2"));
	chooses(state, &selection, "xtx-x");
	assert_true(selection_set_shard(&selection, "2/2"));
	chooses(state, &selection, "tx-x-");
}

static void a_shard_that_is_none_is_refused(void **state)
{
	static const char *const texts[] = {"",    "1",   "/",     "0/2",       "3/2",
	                                    "1/0", "a/b", "1/2/3", "11111111/2"};
	struct selection selection = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(texts); i++)
		assert_false(selection_set_shard(&selection, texts[i]));
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        IN_SANDBOX(scenarios_are_found_in_their_folders_and_sorted),
	        IN_SANDBOX(an_id_that_is_not_the_files_place_is_refused),
	        IN_SANDBOX(a_twin_that_is_not_there_is_refused),
	        IN_SANDBOX(a_twin_that_is_negative_is_refused),
	        IN_SANDBOX(an_empty_or_missing_folder_is_refused),
	        IN_SANDBOX(filters_are_globs_groups_and_requirements),
	        IN_SANDBOX(the_fast_set_is_what_is_marked_so),
	        IN_SANDBOX(a_filter_that_fits_nothing_is_named),
	        IN_SANDBOX(levels_take_the_stronger_ones_along),
	        IN_SANDBOX(shards_together_are_the_whole_and_take_their_twins),
	        cmocka_unit_test(a_shard_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
