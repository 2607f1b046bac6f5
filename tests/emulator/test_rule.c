/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "emulator/rule.h"

static void every_row_is_complete_and_no_name_is_used_twice(void **state)
{
	(void)state;
	for (enum rule_id a = 0; a < RULE_COUNT; a++) {
		const struct rule *rule = rule_get(a);

		assert_false(text_empty(rule->id));
		assert_false(text_empty(rule->name));
		assert_true(strlen(rule->requirement) > 10);
		assert_non_null(rule_level_name(rule->level));
		assert_non_null(rule_mode_name(rule->by_default));
		assert_null(strchr(rule->name, '/'));
		for (enum rule_id b = 0; b < a; b++)
			assert_string_not_equal(rule->name, rule_get(b)->name);
	}
}

static void the_default_profile_is_what_the_rows_say(void **state)
{
	struct rule_modes modes;

	(void)state;
	assert_true(rule_modes_profile(&modes, "default"));
	for (enum rule_id rule = 0; rule < RULE_COUNT; rule++)
		assert_int_equal(modes.mode[rule], rule_get(rule)->by_default);
}

static void strict_rejects_everything_and_lenient_only_notes(void **state)
{
	struct rule_modes strict, lenient;

	(void)state;
	assert_true(rule_modes_profile(&strict, "strict"));
	assert_true(rule_modes_profile(&lenient, "lenient"));
	for (enum rule_id rule = 0; rule < RULE_COUNT; rule++) {
		assert_int_equal(strict.mode[rule], RULE_REJECT);
		assert_int_equal(lenient.mode[rule], RULE_NOTE);
	}
}

static void an_unknown_profile_changes_nothing(void **state)
{
	struct rule_modes modes = {0}, before = {0};

	(void)state;
	assert_false(rule_modes_profile(&modes, "Strict"));
	assert_false(rule_modes_profile(&modes, ""));
	assert_false(rule_modes_profile(&modes, NULL));
	assert_memory_equal(&modes, &before, sizeof(modes));
}

static void a_rule_is_set_by_its_name_or_by_id_and_name(void **state)
{
	struct rule_modes modes;

	(void)state;
	assert_true(rule_modes_profile(&modes, "default"));
	assert_true(rule_modes_set(&modes, "csr-rdn-order", "reject"));
	assert_int_equal(modes.mode[RULE_CSR_RDN_ORDER], RULE_REJECT);
	assert_true(rule_modes_set(&modes, "CSR-01/csr-rdn-order", "off"));
	assert_int_equal(modes.mode[RULE_CSR_RDN_ORDER], RULE_OFF);
	assert_int_equal(modes.mode[RULE_CSR_SUBJECT], rule_get(RULE_CSR_SUBJECT)->by_default);
}

static void an_id_alone_sets_every_rule_that_has_it(void **state)
{
	struct rule_modes modes;

	(void)state;
	assert_true(rule_modes_profile(&modes, "strict"));
	assert_true(rule_modes_set(&modes, "CSR-01", "note"));
	for (enum rule_id rule = 0; rule < RULE_COUNT; rule++)
		assert_int_equal(modes.mode[rule], text_equal(rule_get(rule)->id, "CSR-01")
		                                           ? RULE_NOTE
		                                           : RULE_REJECT);
}

static void unknown_rules_and_modes_are_refused_and_change_nothing(void **state)
{
	static const char *const whichs[] = {
	        "CSR-99", "csr-rdn-order ", "CSR-01/", "CSR-01/csr-base64", "CSR-0", "",
	        "/",      "csr-01"};
	struct rule_modes modes, before;

	(void)state;
	assert_true(rule_modes_profile(&modes, "default"));
	before = modes;
	for (size_t i = 0; i < TEXT_COUNT(whichs); i++)
		assert_false(rule_modes_set(&modes, whichs[i], "off"));
	assert_false(rule_modes_set(&modes, NULL, "off"));
	assert_false(rule_modes_set(&modes, "CSR-01", "OFF"));
	assert_false(rule_modes_set(&modes, "CSR-01", "rejected"));
	assert_false(rule_modes_set(&modes, "CSR-01", NULL));
	assert_memory_equal(&modes, &before, sizeof(modes));
}

static void a_breach_is_recorded_as_the_mode_says(void **state)
{
	struct rule_modes modes;
	struct findings findings = {0};

	(void)state;
	assert_true(rule_modes_profile(&modes, "lenient"));
	assert_false(rule_breach(&modes, RULE_CSR_SUBJECT, &findings, "seen %d", 1));
	modes.mode[RULE_CSR_SUBJECT] = RULE_REJECT;
	assert_true(rule_breach(&modes, RULE_CSR_SUBJECT, &findings, "seen %d", 2));
	modes.mode[RULE_CSR_SUBJECT] = RULE_OFF;
	assert_false(rule_breach(&modes, RULE_CSR_SUBJECT, &findings, "seen %d", 3));
	assert_int_equal(findings.count, 2);
	assert_false(findings.items[0].rejected);
	assert_string_equal(findings.items[0].detail, "seen 1");
	assert_true(findings.items[1].rejected);
	assert_int_equal(findings.items[1].rule, RULE_CSR_SUBJECT);
}

static void details_are_cut_and_kept_printable(void **state)
{
	struct rule_modes modes;
	struct findings findings = {0};
	char longer[400];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	longer[3] = '\n';
	longer[4] = '\xe9';
	assert_true(rule_modes_profile(&modes, "strict"));
	assert_true(rule_breach(&modes, RULE_CSR_SUBJECT, &findings, "%s", longer));
	assert_int_equal(strlen(findings.items[0].detail), sizeof(findings.items[0].detail) - 1);
	assert_memory_equal(findings.items[0].detail, "xxx??xxx", 8);
}

static void a_full_list_still_takes_the_breach_that_decides(void **state)
{
	struct rule_modes modes;
	struct findings findings = {0};

	(void)state;
	assert_true(rule_modes_profile(&modes, "lenient"));
	modes.mode[RULE_CSR_SUBJECT] = RULE_REJECT;
	for (size_t i = 0; i < FINDINGS_MAX + 3; i++)
		assert_false(rule_breach(&modes, RULE_CSR_VERSION, &findings, "%zu", i));
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_string_equal(findings.items[FINDINGS_MAX - 1].detail, "23");
	for (size_t i = 0; i < FINDINGS_MAX + 3; i++)
		assert_true(rule_breach(&modes, RULE_CSR_SUBJECT, &findings, "decides"));
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_true(findings.items[FINDINGS_MAX - 1].rejected);
	assert_true(findings.items[0].rejected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_row_is_complete_and_no_name_is_used_twice),
	        cmocka_unit_test(the_default_profile_is_what_the_rows_say),
	        cmocka_unit_test(strict_rejects_everything_and_lenient_only_notes),
	        cmocka_unit_test(an_unknown_profile_changes_nothing),
	        cmocka_unit_test(a_rule_is_set_by_its_name_or_by_id_and_name),
	        cmocka_unit_test(an_id_alone_sets_every_rule_that_has_it),
	        cmocka_unit_test(unknown_rules_and_modes_are_refused_and_change_nothing),
	        cmocka_unit_test(a_breach_is_recorded_as_the_mode_says),
	        cmocka_unit_test(details_are_cut_and_kept_printable),
	        cmocka_unit_test(a_full_list_still_takes_the_breach_that_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
