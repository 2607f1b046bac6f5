/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Why a token gives no key: absent, broken or refusing, told apart and in words (KEY-10). */
#include "tests/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/text.h"
#include "faulty_token.h"
#include "ref/keys/pkcs11_error.h"
#include "ref/keys/pkcs11_pin.h"

/* ---- modules ---- */

static void a_module_that_is_not_there_is_absent(void **state)
{
	const struct key_place place = {.module = "/nowhere/libpkcs11.so", .clock = clock_system()};

	(void)state;
	faulty_expect_lack(&place, KEY_LACK_ABSENT, "/nowhere/libpkcs11.so");
}

static void a_library_that_is_no_module_is_broken(void **state)
{
	const struct key_place place = {.module = "libm.so.6", .clock = clock_system()};

	(void)state;
	faulty_expect_lack(&place, KEY_LACK_BROKEN, "no C_GetFunctionList");
}

static void a_text_file_is_no_module(void **state)
{
	char path[128];
	const struct key_place place = {.module = path, .clock = clock_system()};

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", faulty_token.dir);
	faulty_expect_lack(&place, KEY_LACK_BROKEN, "not a PKCS#11 module");
}

static void a_directory_is_no_module(void **state)
{
	const struct key_place place = {.module = faulty_token.dir, .clock = clock_system()};

	(void)state;
	faulty_expect_lack(&place, KEY_LACK_BROKEN, "not a PKCS#11 module");
}

static void a_module_that_does_not_start_is_broken(void **state)
{
	const struct mock_fault fault = {.function = "C_Initialize", .rv = CKR_CANT_LOCK};

	(void)state;
	faulty_arm(&fault);
	faulty_expect_lack(faulty_place(), KEY_LACK_BROKEN, "C_Initialize: CKR_CANT_LOCK");
}

static void a_token_with_another_label_is_not_ours(void **state)
{
	const struct key_place place = {.token_label = "somebody's", .clock = clock_system()};

	(void)state;
	faulty_expect_lack(&place, KEY_LACK_ABSENT, "token \"somebody's\": there is no such token");
}

static void two_tokens_with_the_label_are_one_too_many(void **state)
{
	const struct key_place place = {.clock = clock_system()};

	(void)state;
	softhsm_token_init(SOFTHSM_LABEL, false);
	faulty_expect_lack(&place, KEY_LACK_BROKEN, "2 tokens have this label");
}

/* ---- PINs ---- */

static void a_wrong_pin_is_refused_and_tried_once(void **state)
{
	const struct mock_fault watch = {.function = "C_Login", .rv = CKR_OK};

	(void)state;
	assert_int_equal(setenv(PKCS11_PIN_VARIABLE, "111111", 1), 0);
	faulty_arm(&watch);
	faulty_expect_lack(faulty_place(), KEY_LACK_REFUSED, "C_Login: CKR_PIN_INCORRECT");
	assert_int_equal(faulty_calls(), 1);
}

static void without_a_pin_it_is_refused_and_says_what_to_do(void **state)
{
	const struct key_place place = {.clock = clock_system()};

	(void)state;
	assert_int_equal(unsetenv(PKCS11_PIN_VARIABLE), 0);
	faulty_expect_lack(&place, KEY_LACK_REFUSED, "set MSIV2_PKCS11_PIN");
}

static void a_pin_file_that_cannot_be_read_is_refused(void **state)
{
	const struct key_place place = {.pin_file = "/nowhere/pin", .clock = clock_system()};

	(void)state;
	faulty_expect_lack(&place, KEY_LACK_REFUSED, "/nowhere/pin");
}

static void a_locked_pin_is_refused(void **state)
{
	const struct mock_fault fault = {.function = "C_Login", .rv = CKR_PIN_LOCKED};

	(void)state;
	faulty_arm(&fault);
	faulty_expect_lack(faulty_place(), KEY_LACK_REFUSED, "C_Login: CKR_PIN_LOCKED");
	assert_int_equal(faulty_calls(), 1);
}

static void every_answer_in_the_table_has_a_name_and_a_class(void **state)
{
	size_t count = 0;
	const struct pkcs11_error_row *rows = pkcs11_error_rows(&count);

	(void)state;
	assert_true(count > 40);
	for (size_t i = 0; i < count; i++) {
		assert_true(text_starts(rows[i].name, "CKR_"));
		assert_int_not_equal(rows[i].lack, KEY_LACK_NONE);
		assert_ptr_equal(pkcs11_error_find(rows[i].rv), &rows[i]); /* none twice */
		/* A PIN is never tried twice. */
		if (text_starts(rows[i].name, "CKR_PIN_")) {
			assert_int_equal(rows[i].lack, KEY_LACK_REFUSED);
			assert_int_equal(rows[i].cure, PKCS11_CURE_NONE);
		}
	}
	assert_string_equal(pkcs11_error_find(0x7FFFFFFF)->name, "an unknown answer");
}

#define WITH_TOKEN(f) cmocka_unit_test_setup_teardown(f, faulty_set_up, faulty_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_TOKEN(a_module_that_is_not_there_is_absent),
	        WITH_TOKEN(a_library_that_is_no_module_is_broken),
	        WITH_TOKEN(a_text_file_is_no_module),
	        WITH_TOKEN(a_directory_is_no_module),
	        WITH_TOKEN(a_module_that_does_not_start_is_broken),
	        WITH_TOKEN(a_token_with_another_label_is_not_ours),
	        WITH_TOKEN(two_tokens_with_the_label_are_one_too_many),
	        WITH_TOKEN(a_wrong_pin_is_refused_and_tried_once),
	        WITH_TOKEN(without_a_pin_it_is_refused_and_says_what_to_do),
	        WITH_TOKEN(a_pin_file_that_cannot_be_read_is_refused),
	        WITH_TOKEN(a_locked_pin_is_refused),
	        cmocka_unit_test(every_answer_in_the_table_has_a_name_and_a_class),
	};

	return cmocka_run_group_tests_name("keyguard_lacks", tests, faulty_load, NULL);
}
