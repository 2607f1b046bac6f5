/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* STORE-10: the name that other clients show. */
#include "tests/testing.h"

#include <string.h>

#include "common/text.h"
#include "ref/store/friendly_name.h"
#include "tests/ref/wire_samples.h"

static void a_name_holds_alias_and_endpoint(void **state)
{
	OWNED_STRUCT(bytes) name = {0};
	OWNED_STRUCT(bytes) alias = {0};
	OWNED_STRUCT(bytes) endpoint = {0};

	(void)state;
	assert_int_equal(friendly_name_add("system_assigned_managed_identity#att=1",
	                                   "https://host.example/a", &name, NULL),
	                 MSIV2_OK);
	assert_string_equal(bytes_text(&name), "MSAL|alias=system_assigned_managed_identity#att=1"
	                                       "|ep=https://host.example/a");
	assert_int_equal(friendly_name_parse(bytes_text(&name), name.len, &alias, &endpoint, NULL),
	                 MSIV2_OK);
	assert_string_equal(bytes_text(&alias), "system_assigned_managed_identity#att=1");
	assert_string_equal(bytes_text(&endpoint), "https://host.example/a");
}

static void blank_texts_bars_and_line_breaks_are_refused(void **state)
{
	static const char *const bad[] = {"", " ", "\t \t", "a|b", "|", "a\rb", "a\nb", "\n"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		OWNED_STRUCT(bytes) name = {0};
		struct msiv2_error err = {0};

		assert_int_equal(friendly_name_add(bad[i], "https://h", &name, &err), MSIV2_STORE);
		assert_non_null(strstr(err.message, "alias"));
		assert_int_equal(friendly_name_add("id", bad[i], &name, &err), MSIV2_STORE);
		assert_non_null(strstr(err.message, "endpoint"));
		assert_int_equal(name.len, 0);
	}
}

static void judge(const char *sample, bool good, const struct bytes *body)
{
	OWNED_STRUCT(bytes) alias = {0};
	OWNED_STRUCT(bytes) endpoint = {0};
	OWNED_STRUCT(bytes) again = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc =
	        friendly_name_parse(bytes_text(body), body->len, &alias, &endpoint, &err);

	if ((rc == MSIV2_OK) != good)
		fail_msg("%s: %s", sample, err.message);
	if (!good) {
		assert_int_equal(rc, MSIV2_STORE);
		assert_int_equal(alias.len + endpoint.len, 0);
		return;
	}
	assert_int_equal(friendly_name_add(bytes_text(&alias), bytes_text(&endpoint), &again, NULL),
	                 MSIV2_OK);
	assert_string_equal(bytes_text(&again), bytes_text(body));
}

static void every_sample_is_judged_as_its_name_says(void **state)
{
	(void)state;
	wire_samples_judge("friendly_name", judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_name_holds_alias_and_endpoint),
	        cmocka_unit_test(blank_texts_bars_and_line_breaks_are_refused),
	        cmocka_unit_test(every_sample_is_judged_as_its_name_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
