/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* docs/faults.md is printed from the catalogue: `test_fault_docs print` prints its second half, and
 * this test compares. Every rule that is the emulator's own conduct has a fault that breaks it. */
#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/json.h"
#include "common/text.h"
#include "emulator/instruments/fault_kind.h"
#include "emulator/rule.h"
#include "tests/testing.h"

#define MARK "## Catalogue\n"

static const char *const docs = TESTS_WIRE_DIR "/../../docs/faults.md";

static void print_param(const struct fault_param *param, bool first, struct bytes *out)
{
	bytes_addf(out, "%s`%s`", first ? "" : "; ", param->name);
	if (param->fallback)
		bytes_addf(out, " = `%s`", param->fallback);
	bytes_addf(out, ": %s", param->help);
}

static void print_endpoints(const struct fault_kind *kind, struct bytes *out)
{
	bool first = true;

	if (kind->endpoints == FAULT_HTTP_ANY) {
		bytes_add_text(out, "all");
		return;
	}
	for (int i = 0; i < ENDPOINT_ALL; i++) {
		if (!(kind->endpoints & FAULT_BIT(i)))
			continue;
		bytes_addf(out, "%s%s", first ? "" : ", ", endpoint_name((enum endpoint)i));
		first = false;
	}
}

static void print_kind(const struct fault_kind *kind, struct bytes *out)
{
	bytes_addf(out, "| `%s` | %s", kind->name, kind->description);
	for (size_t i = 0; i < FAULT_PARAMS_MAX && kind->params[i].name; i++) {
		bytes_add_text(out, i == 0 ? " With " : "");
		print_param(&kind->params[i], i == 0, out);
	}
	bytes_addf(out, " | %s | ", fault_stage_name(kind->stage));
	print_endpoints(kind, out);
	bytes_addf(out, " | %s |\n", kind->rules);
}

static void print_catalogue(struct bytes *out)
{
	size_t count = 0;
	const struct fault_family *const *families = fault_families(&count);

	bytes_add_text(out, MARK);
	for (size_t i = 0; i < count; i++) {
		bytes_addf(out,
		           "\n### %s\n\n| fault | what happens | stage | endpoints | rules |\n"
		           "|---|---|---|---|---|\n",
		           families[i]->title);
		for (size_t j = 0; j < families[i]->count; j++)
			print_kind(&families[i]->kinds[j], out);
	}
}

static void the_documentation_is_the_catalogue(void **state)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) wanted = {0};
	const char *there;

	(void)state;
	assert_int_equal(files_read(docs, 1024 * 1024, MSIV2_INTERNAL, &text, NULL), MSIV2_OK);
	print_catalogue(&wanted);
	there = strstr(bytes_text(&text), MARK);
	assert_non_null(there);
	if (!text_equal(there, bytes_text(&wanted)))
		fail_msg("docs/faults.md is not what `test_fault_docs print` prints");
}

static bool is_broken_by_some(const char *id)
{
	size_t count = 0;
	const struct fault_family *const *families = fault_families(&count);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < families[i]->count; j++)
			if (strstr(families[i]->kinds[j].rules, id))
				return true;
	return false;
}

static void every_rule_of_the_emulators_own_conduct_can_be_broken(void **state)
{
	static const char *const ids[] = {"META-05",  "META-06",  "META-07", "META-08", "ISSUE-02",
	                                  "ISSUE-03", "ISSUE-04", "STS-03",  "STS-04",  "TOK-01",
	                                  "STS-05",   "STS-06",   "STS-08",  "RES-02",  "ATT-04",
	                                  "ATT-06",   "NET-01",   "NET-02",  "NET-03",  "NET-04"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(ids); i++)
		if (!is_broken_by_some(ids[i]))
			fail_msg("no fault breaks %s", ids[i]);
}

/* Complete, with names that are unique and defaults that their own parameter takes. */
static void every_row_is_complete(void **state)
{
	size_t count = 0;
	const struct fault_family *const *families = fault_families(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < families[i]->count; j++) {
			const struct fault_kind *kind = &families[i]->kinds[j];

			assert_ptr_equal(fault_kind_find(kind->name), kind);
			assert_ptr_equal(fault_kind_family(kind), families[i]);
			assert_true(kind->description[strlen(kind->description) - 1] == '.');
			assert_non_null(kind->happen);
			assert_true(kind->endpoints != 0 && kind->stage < FAULT_STAGE_COUNT);
			for (size_t k = 0; k < FAULT_PARAMS_MAX && kind->params[k].name; k++)
				assert_false(text_empty(kind->params[k].help));
		}
	}
	assert_null(fault_kind_find("nothing"));
	assert_null(fault_kind_family(NULL));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_documentation_is_the_catalogue),
	        cmocka_unit_test(every_rule_of_the_emulators_own_conduct_can_be_broken),
	        cmocka_unit_test(every_row_is_complete),
	};
	OWNED_STRUCT(bytes) text = {0};

	if (argc == 2 && text_equal(argv[1], "print")) {
		print_catalogue(&text);
		(void)fputs(bytes_text(&text), stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
