/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "scenarios/runner/out_folder.h"

#include "common/files.h"
#include "common/text.h"
#include "sandbox.h"
#include "scarce.h"
#include "tests/testing.h"

static int begin(void **state)
{
	static struct sandbox sandbox;

	sandbox_make(&sandbox);
	*state = &sandbox;
	return 0;
}

static int end(void **state)
{
	sandbox_drop(*state);
	return 0;
}

static void one_run_at_a_time_has_a_folder(void **state)
{
	OWNED_STRUCT(out_folder_claim) first = {0};
	OWNED_STRUCT(out_folder_claim) second = {0};
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];

	sandbox_path(*state, "out", path);
	assert_int_equal(out_folder_claim(path, &first, &err), MSIV2_OK);
	assert_int_equal(out_folder_claim(path, &second, &err), MSIV2_CONFIG);
	assert_string_equal(err.where, path);
	assert_string_equal(err.message, "another run is writing there");
	out_folder_release(&second);
	out_folder_release(&first);
	assert_int_equal(out_folder_claim(path, &second, &err), MSIV2_OK);
}

static void what_is_no_folder_cannot_be_claimed(void **state)
{
	OWNED_STRUCT(out_folder_claim) claim = {0};
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];

	sandbox_write(*state, "file", "", 0);
	sandbox_path(*state, "file", path);
	assert_int_equal(out_folder_claim(path, &claim, &err), MSIV2_CONFIG);
	assert_string_equal(err.where, path);
	sandbox_path(*state, "none/below", path);
	assert_int_equal(out_folder_claim(path, &claim, &err), MSIV2_CONFIG);
	sandbox_path(*state, "out", path);
	scarce_at(SCARCE_FILES, 2); /* the first makes it */
	assert_int_equal(out_folder_claim(path, &claim, &err), MSIV2_CONFIG);
	assert_true(scarce_end());
	assert_string_equal(err.where, path);
}

static void evidence_of_an_earlier_run_is_cleared_and_of_nobody_else(void **state)
{
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];
	char old[SANDBOX_PATH];

	sandbox_folder(*state, "out");
	sandbox_folder(*state, "out/evidence");
	sandbox_write(*state, "out/evidence/old", "mine", 4);
	sandbox_path(*state, "out", path);
	sandbox_path(*state, "out/evidence/old", old);
	assert_int_equal(out_folder_prepare(path, &err), MSIV2_CONFIG);
	assert_string_equal(err.message, "is not from a run");
	assert_true(files_exists(old));
	sandbox_write(*state, "out/" RUN_MARK, "{}", 2);
	assert_int_equal(out_folder_prepare(path, &err), MSIV2_OK);
	assert_false(files_exists(old));
}

static void a_folder_that_cannot_be_prepared_is_named(void **state)
{
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];
	unsigned failures = 0;

	sandbox_path(*state, "out", path);
	for (unsigned nth = 1;; nth++, failures++) {
		enum msiv2_rc rc;

		scarce_at(SCARCE_FILES, nth);
		rc = out_folder_prepare(path, &err);
		if (!scarce_end())
			break;
		/* Whether there is a mark already may be asked in vain. */
		if (rc != MSIV2_OK)
			assert_non_null(strstr(err.where, path));
	}
	assert_true(failures > 3);
	assert_int_equal(out_folder_prepare(path, &err), MSIV2_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(one_run_at_a_time_has_a_folder, begin, end),
	        cmocka_unit_test_setup_teardown(what_is_no_folder_cannot_be_claimed, begin, end),
	        cmocka_unit_test_setup_teardown(
	                evidence_of_an_earlier_run_is_cleared_and_of_nobody_else, begin, end),
	        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_prepared_is_named, begin,
	                                        end),
	};

	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
