/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Starting an emulator while something runs out. Each failure leaves nothing running and nothing on
 * disk, and the next start works. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emulator/include/msiv2_emulator.h"
#include "faults.h"
#include "state_dir.h"
#include "tests/testing.h"

#define CONFIG "{\"listen\":{\"connections\":2}}"

static enum msiv2_rc start_and_stop(const struct msiv2_emulator_options *options)
{
	struct msiv2_emulator *emulator = NULL;
	enum msiv2_rc rc = msiv2_emulator_start(options, &emulator, NULL);

	assert_int_equal(emulator != NULL, rc == MSIV2_OK);
	msiv2_emulator_stop(emulator);
	return rc;
}

/* Private files of the emulators go to a folder of this test. */
static struct state_dir temporary;

static int make_temporary(void **state)
{
	(void)state;
	state_dir_new(&temporary);
	return setenv("TMPDIR", temporary.parent, 1);
}

static int drop_temporary(void **state)
{
	(void)state;
	state_dir_free(&temporary);
	return 0;
}

/* The folder is empty: rmdir takes it away, and it is made again. */
static void expect_nothing_left(void)
{
	assert_int_equal(rmdir(temporary.parent), 0);
	assert_int_equal(mkdir(temporary.parent, 0700), 0);
}

/* Every allocation of the start fails once. */
static void running_out_of_memory_at_start_leaves_nothing_running(void **state)
{
	const struct msiv2_emulator_options options = {.config_text = CONFIG};
	unsigned nth = 1;

	(void)state;
	for (bool happened = true; happened; nth++) {
		struct msiv2_emulator *emulator = NULL;
		enum msiv2_rc rc;

		fault_at(FAULT_MEMORY, nth);
		rc = msiv2_emulator_start(&options, &emulator, NULL);
		happened = fault_disarm();
		if (happened && rc != MSIV2_OK)
			assert_int_equal(rc, MSIV2_INTERNAL);
		assert_int_equal(emulator != NULL, rc == MSIV2_OK);
		msiv2_emulator_stop(emulator);
	}
	assert_true(nth > 40);
	assert_int_equal(start_and_stop(&options), MSIV2_OK);
	expect_nothing_left();
}

/* Every file operation of a start on a fresh state directory fails once. */
static void a_disk_that_fails_at_start_is_a_configuration_error(void **state)
{
	unsigned nth = 1;

	(void)state;
	for (bool happened = true; happened; nth++) {
		struct state_dir dir;
		struct msiv2_emulator_options options = {.config_text = CONFIG};
		struct msiv2_emulator *emulator = NULL;
		struct msiv2_error *err = msiv2_error_new();
		enum msiv2_rc rc;

		state_dir_new(&dir);
		options.state_dir = dir.path;
		fault_at(FAULT_FILES, nth);
		rc = msiv2_emulator_start(&options, &emulator, err);
		happened = fault_disarm();
		if (rc != MSIV2_OK) {
			assert_int_equal(rc, MSIV2_CONFIG);
			assert_true(strlen(msiv2_error_where(err)) > 0);
		}
		msiv2_emulator_stop(emulator);
		msiv2_error_free(err);
		state_dir_free(&dir);
	}
	assert_true(nth > 5);
}

/* Without a state directory there is one file: the private one of the CA. */
static void a_private_ca_file_that_cannot_be_written_is_named(void **state)
{
	const struct msiv2_emulator_options options = {.config_text = CONFIG};
	struct msiv2_error *err = msiv2_error_new();
	struct msiv2_emulator *emulator = NULL;

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) { /* fs_open, fs_write */
		fault_at(FAULT_FILES, nth);
		assert_int_equal(msiv2_emulator_start(&options, &emulator, err), MSIV2_CONFIG);
		assert_true(fault_disarm());
		assert_non_null(strstr(msiv2_error_where(err), "msiv2-ca-"));
	}
	msiv2_error_free(err);
	expect_nothing_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(running_out_of_memory_at_start_leaves_nothing_running),
	        cmocka_unit_test(a_disk_that_fails_at_start_is_a_configuration_error),
	        cmocka_unit_test(a_private_ca_file_that_cannot_be_written_is_named),
	};

	return cmocka_run_group_tests(tests, make_temporary, drop_temporary);
}
