/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a token and its module may do wrong: each has its class and its words, and leaves nothing
 * half-made. Where SoftHSM2 cannot be brought to fail, the mock module does (mock_pkcs11.h). */
#include "tests/testing.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "keyguard_bench.h"
#include "mock_pkcs11.h"
#include "ref/keys/pkcs11_error.h"
#include "ref/keys/pkcs11_pin.h"
#include "softhsm_token.h"

static struct softhsm_token token;
static mock_arm_fn arm;
static mock_release_fn release;
static mock_calls_fn calls;

static const struct mock_fault no_fault = {0};

static void *symbol(void *library, const char *name)
{
	void *found = dlsym(library, name);

	assert_non_null(found);
	return found;
}

/* The mock stays loaded: its faults are armed from here. */
static int load_mock(void **state)
{
	void *library = dlopen(MOCK_MODULE, RTLD_NOW | RTLD_LOCAL);

	(void)state;
	if (library == NULL)
		return -1;
	*(void **)&arm = symbol(library, "mock_arm");
	*(void **)&release = symbol(library, "mock_release");
	*(void **)&calls = symbol(library, "mock_calls");
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	softhsm_token_make(&token);
	arm(&no_fault);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arm(&no_fault);
	softhsm_token_drop(&token);
	return 0;
}

static const struct key_place *mock_place(void)
{
	static struct key_place place;

	place = (struct key_place){.module = MOCK_MODULE, .clock = clock_system()};
	return &place;
}

/* No key, for this reason, in these words. */
static void expect_lack(const struct key_place *place, enum key_lack lack, const char *words)
{
	struct msiv2_error err = {0};
	struct key *key = NULL;
	enum key_lack got = KEY_LACK_NONE;

	assert_int_equal(keyguard_bench_try(place, &key, &got, &err), MSIV2_KEY_UNAVAILABLE);
	assert_null(key);
	if (strstr(err.message, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.message, words);
	assert_int_equal(got, lack);
	assert_null(strstr(err.message, SOFTHSM_PIN)); /* SEC-01 */
}

static struct key *open_mock(void)
{
	enum key_lack lack;
	struct msiv2_error err = {0};
	struct key *key = NULL;

	if (keyguard_bench_try(mock_place(), &key, &lack, &err) != MSIV2_OK)
		fail_msg("%s", err.message);
	return key;
}

static bool signs(struct key *key, struct msiv2_error *err)
{
	return keyguard_bench_signs(key, KEY_PADDING_PSS, EVP_sha256(), err);
}

/* ---- modules ---- */

static void a_module_that_is_not_there_is_absent(void **state)
{
	const struct key_place place = {.module = "/nowhere/libpkcs11.so", .clock = clock_system()};

	(void)state;
	expect_lack(&place, KEY_LACK_ABSENT, "/nowhere/libpkcs11.so");
}

static void a_library_that_is_no_module_is_broken(void **state)
{
	const struct key_place place = {.module = "libm.so.6", .clock = clock_system()};

	(void)state;
	expect_lack(&place, KEY_LACK_BROKEN, "no C_GetFunctionList");
}

static void a_text_file_is_no_module(void **state)
{
	char path[128];
	const struct key_place place = {.module = path, .clock = clock_system()};

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", token.dir);
	expect_lack(&place, KEY_LACK_BROKEN, "not a PKCS#11 module");
}

static void a_directory_is_no_module(void **state)
{
	const struct key_place place = {.module = token.dir, .clock = clock_system()};

	(void)state;
	expect_lack(&place, KEY_LACK_BROKEN, "not a PKCS#11 module");
}

static void a_module_that_does_not_start_is_broken(void **state)
{
	const struct mock_fault fault = {.function = "C_Initialize", .rv = CKR_CANT_LOCK};

	(void)state;
	arm(&fault);
	expect_lack(mock_place(), KEY_LACK_BROKEN, "C_Initialize: CKR_CANT_LOCK");
}

static void a_token_with_another_label_is_not_ours(void **state)
{
	const struct key_place place = {.token_label = "somebody's", .clock = clock_system()};

	(void)state;
	expect_lack(&place, KEY_LACK_ABSENT, "token \"somebody's\": there is no such token");
}

static void two_tokens_with_the_label_are_one_too_many(void **state)
{
	const struct key_place place = {.clock = clock_system()};

	(void)state;
	softhsm_token_init(SOFTHSM_LABEL, false);
	expect_lack(&place, KEY_LACK_BROKEN, "2 tokens have this label");
}

/* ---- PINs ---- */

static void a_wrong_pin_is_refused_and_tried_once(void **state)
{
	const struct mock_fault watch = {.function = "C_Login", .rv = CKR_OK};

	(void)state;
	assert_int_equal(setenv(PKCS11_PIN_VARIABLE, "111111", 1), 0);
	arm(&watch);
	expect_lack(mock_place(), KEY_LACK_REFUSED, "C_Login: CKR_PIN_INCORRECT");
	assert_int_equal(calls(), 1);
}

static void without_a_pin_it_is_refused_and_says_what_to_do(void **state)
{
	const struct key_place place = {.clock = clock_system()};

	(void)state;
	assert_int_equal(unsetenv(PKCS11_PIN_VARIABLE), 0);
	expect_lack(&place, KEY_LACK_REFUSED, "set MSIV2_PKCS11_PIN");
}

static void a_pin_file_that_cannot_be_read_is_refused(void **state)
{
	const struct key_place place = {.pin_file = "/nowhere/pin", .clock = clock_system()};

	(void)state;
	expect_lack(&place, KEY_LACK_REFUSED, "/nowhere/pin");
}

static void a_locked_pin_is_refused(void **state)
{
	const struct mock_fault fault = {.function = "C_Login", .rv = CKR_PIN_LOCKED};

	(void)state;
	arm(&fault);
	expect_lack(mock_place(), KEY_LACK_REFUSED, "C_Login: CKR_PIN_LOCKED");
	assert_int_equal(calls(), 1);
}

/* ---- trouble that passes ---- */

struct passing_row {
	const char *function;
	CK_RV rv;
	unsigned times;
};

static const struct passing_row passing[] = {
        {"C_Sign", CKR_SESSION_HANDLE_INVALID, 1}, {"C_Sign", CKR_GENERAL_ERROR, 3},
        {"C_Sign", CKR_DEVICE_ERROR, 1},           {"C_Sign", CKR_DEVICE_REMOVED, 2},
        {"C_Sign", CKR_DEVICE_MEMORY, 4},          {"C_SignInit", CKR_USER_NOT_LOGGED_IN, 1},
        {"C_SignInit", CKR_KEY_HANDLE_INVALID, 1}, {"C_SignInit", CKR_OBJECT_HANDLE_INVALID, 2},
        {"C_SignInit", CKR_OPERATION_ACTIVE, 1},   {"C_SignInit", CKR_CRYPTOKI_NOT_INITIALIZED, 1},
        {"C_SignInit", CKR_TOKEN_NOT_PRESENT, 1},
};

static void trouble_that_passes_is_not_seen_by_who_signs(void **state)
{
	OWNED_STRUCT(key) *key = open_mock();
	struct msiv2_error err = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(passing); i++) {
		const struct mock_fault fault = {.function = passing[i].function,
		                                 .rv = passing[i].rv,
		                                 .times = passing[i].times};

		arm(&fault);
		if (!signs(key, &err))
			fail_msg("%s, 0x%lX: %s", passing[i].function, passing[i].rv, err.message);
		assert_true(calls() > passing[i].times);
	}
}

/* Sessions are not enough: the new one, and the login for it, may fail too. */
static void trouble_while_getting_well_passes_too(void **state)
{
	OWNED_STRUCT(key) *key = open_mock();
	const struct mock_fault fault = {
	        .function = "C_OpenSession", .rv = CKR_SESSION_COUNT, .times = 2};
	const struct mock_fault lost = {.function = "C_Sign", .rv = CKR_SESSION_CLOSED, .times = 1};

	(void)state;
	arm(&lost);
	assert_true(signs(key, NULL));
	arm(&fault);
	assert_true(signs(key, NULL));
}

/* ---- trouble that stays ---- */

static void a_device_that_stays_away_is_reported_by_name_within_seconds(void **state)
{
	OWNED_STRUCT(key) *key = open_mock();
	const struct mock_fault fault = {.function = "C_Sign", .rv = CKR_DEVICE_REMOVED};
	struct msiv2_error err = {0};
	int64_t begin_us = clock_mono_us(clock_system());

	(void)state;
	arm(&fault);
	assert_false(signs(key, &err));
	assert_int_equal(err.rc, MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "C_Sign: CKR_DEVICE_REMOVED"));
	assert_true(clock_mono_us(clock_system()) - begin_us < 10 * CLOCK_US_PER_S);
	arm(&no_fault); /* put back */
	assert_true(signs(key, &err));
}

static void a_pin_that_gets_locked_while_running_is_reported(void **state)
{
	OWNED_STRUCT(key) *key = open_mock();
	const struct mock_fault lost = {.function = "C_Sign", .rv = CKR_DEVICE_REMOVED, .times = 1};
	struct msiv2_error err = {0};

	(void)state;
	arm(&lost);
	/* The restarted module wants a login, and the PIN is not the same any more. */
	assert_int_equal(setenv(PKCS11_PIN_VARIABLE, "999999", 1), 0);
	assert_false(signs(key, &err));
	assert_int_equal(err.rc, MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "C_Login: CKR_PIN_INCORRECT"));
}

static void a_token_removed_while_running_is_reported_and_works_when_put_back(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	struct msiv2_error err = {0};

	(void)state;
	assert_true(signs(key, &err));
	softhsm_token_hide(&token);
	assert_false(signs(key, &err));
	assert_int_equal(err.rc, MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "token \"msiv2\""));
	softhsm_token_show(&token);
	if (!signs(key, &err))
		fail_msg("%s", err.message);
}

static void a_token_initialised_anew_has_a_new_key(void **state)
{
	OWNED_STRUCT(key) *before = keyguard_bench_open();
	OWNED_STRUCT(key) *after = NULL;
	struct msiv2_error err = {0};

	(void)state;
	softhsm_token_init(SOFTHSM_LABEL, true);
	assert_false(signs(before, &err));
	assert_int_equal(err.rc, MSIV2_KEY_UNAVAILABLE);
	after = keyguard_bench_open();
	assert_non_null(after);
	assert_int_equal(EVP_PKEY_eq(key_public(before), key_public(after)), 0);
	assert_true(signs(after, &err));
}

/* ---- time ---- */

static void a_module_that_hangs_ends_at_the_deadline(void **state)
{
	static const char *const places[] = {"C_Initialize", "C_Login", "C_GenerateKeyPair",
	                                     "C_Sign"};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(places); i++) {
		const struct mock_fault fault = {.function = places[i], .hang = true};
		struct msiv2_error err = {0};
		enum key_lack lack = KEY_LACK_NONE;
		struct key *key = NULL;
		int64_t begin_us = clock_mono_us(clock_system());

		assert_int_equal(keyguard_provider.remove(mock_place(), NULL), MSIV2_OK);
		arm(&fault);
		assert_int_equal(keyguard_provider.get_or_create(
		                         mock_place(), clock_deadline_us(clock_system(), 1500),
		                         &key, &lack, &err),
		                 MSIV2_TIMEOUT);
		assert_true(clock_mono_us(clock_system()) - begin_us < 10 * CLOCK_US_PER_S);
		assert_non_null(strstr(err.message, "does not answer in time"));
		assert_int_equal(lack, KEY_LACK_BROKEN);
		release();
		/* Who was left behind gets in nobody's way. */
		key_free(open_mock());
	}
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

static void a_deadline_that_has_passed_makes_nothing(void **state)
{
	struct msiv2_error err = {0};
	enum key_lack lack = KEY_LACK_NONE;
	struct key *key = NULL;

	(void)state;
	assert_int_equal(keyguard_provider.get_or_create(mock_place(), 0, &key, &lack, &err),
	                 MSIV2_TIMEOUT);
	assert_null(key);
}

/* ---- keys that are not as they must be ---- */

static void a_dead_key_is_replaced(void **state)
{
	OWNED_STRUCT(key) *before = open_mock();
	OWNED_STRUCT(key) *after = NULL;
	/* KEY-08: the first look and the look at one's turn; the key made then is fine. */
	const struct mock_fault fault = {.function = "C_Sign", .corrupt = true, .times = 2};

	(void)state;
	arm(&fault);
	after = open_mock();
	assert_int_equal(EVP_PKEY_eq(key_public(before), key_public(after)), 0);
	assert_true(signs(after, NULL));
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

static void a_key_that_cannot_be_proved_is_not_left_behind(void **state)
{
	const struct mock_fault fault = {.function = "C_Sign", .corrupt = true};

	(void)state;
	arm(&fault);
	expect_lack(mock_place(), KEY_LACK_BROKEN, "does not fit its public half");
	assert_int_equal(keyguard_bench_objects(), 0);
}

static void a_key_that_is_less_protected_than_asked_is_refused_and_not_left_behind(void **state)
{
	static const CK_ATTRIBUTE_TYPE lies[] = {
	        CKA_TOKEN,       CKA_SENSITIVE,         CKA_ALWAYS_SENSITIVE,
	        CKA_EXTRACTABLE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL,
	        CKA_SIGN};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(lies); i++) {
		const struct mock_fault fault = {.function = "C_GetAttributeValue", .lie = lies[i]};

		arm(&fault);
		expect_lack(mock_place(), KEY_LACK_REFUSED, "not protected as it must be");
		assert_int_equal(keyguard_bench_objects(), 0);
	}
}

static void a_key_found_less_protected_is_refused_and_left_alone(void **state)
{
	OWNED_STRUCT(key) *key = open_mock();
	const struct mock_fault fault = {.function = "C_GetAttributeValue", .lie = CKA_LOCAL};

	(void)state;
	arm(&fault);
	expect_lack(mock_place(), KEY_LACK_REFUSED, "local 0");
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

/* ---- making fails ---- */

static void a_key_made_by_a_call_that_failed_is_not_left_behind(void **state)
{
	const struct mock_fault fault = {
	        .function = "C_GenerateKeyPair", .rv = CKR_DEVICE_ERROR, .after = true};

	(void)state;
	arm(&fault);
	expect_lack(mock_place(), KEY_LACK_BROKEN, "C_GenerateKeyPair: CKR_DEVICE_ERROR");
	assert_int_equal(keyguard_bench_objects(), 0);
}

static void making_is_tried_again_and_leaves_one_key(void **state)
{
	const struct mock_fault fault = {.function = "C_GenerateKeyPair",
	                                 .rv = CKR_GENERAL_ERROR,
	                                 .after = true,
	                                 .times = 2};

	(void)state;
	arm(&fault);
	key_free(open_mock());
	assert_int_equal(calls(), 3);
	assert_int_equal(keyguard_bench_objects(), 1);
}

/* A file system of its own, so small that it can be filled. */
static char small_dir[] = "/tmp/msiv2-full-XXXXXX";

static int set_up_small(void **state)
{
	(void)state;
	(void)snprintf(small_dir, sizeof(small_dir), "/tmp/msiv2-full-XXXXXX");
	arm(&no_fault);
	if (mkdtemp(small_dir) == NULL)
		return -1;
	if (mount("tmpfs", small_dir, "tmpfs", 0, "size=64k,mode=0700") != 0) {
		(void)rmdir(small_dir);
		small_dir[0] = '\0'; /* only root may: the test is skipped, and says so */
		return 0;
	}
	softhsm_token_make_in(&token, small_dir);
	return 0;
}

static int tear_down_small(void **state)
{
	(void)state;
	if (small_dir[0] == '\0')
		return 0;
	softhsm_token_drop(&token);
	return umount2(small_dir, MNT_DETACH) == 0 && rmdir(small_dir) == 0 ? 0 : -1;
}

static void fill_disk(const char *path)
{
	char block[1024] = {0};
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	while (fwrite(block, sizeof(block), 1, file) == 1 && fflush(file) == 0)
		;
	(void)fclose(file);
}

static void a_full_disk_makes_no_key_and_leaves_nothing(void **state)
{
	const struct key_place place = {.clock = clock_system()};
	const struct key_place other = {.name = "other", .clock = clock_system()};
	OWNED_STRUCT(key) *open = NULL; /* so that the token is open when the disk gets full */
	OWNED_STRUCT(key) *key = NULL;
	enum key_lack lack;
	char filler[64];

	(void)state;
	if (small_dir[0] == '\0') {
		print_message("skipped: only root may mount a small file system\n");
		skip();
	}
	assert_int_equal(keyguard_bench_try(&other, &open, &lack, NULL), MSIV2_OK);
	(void)snprintf(filler, sizeof(filler), "%s/filler", small_dir);
	fill_disk(filler);
	expect_lack(&place, KEY_LACK_BROKEN, "C_GenerateKeyPair: CKR_");
	assert_int_equal(remove(filler), 0); /* room again */
	assert_int_equal(keyguard_bench_objects(), 1);
	key = keyguard_bench_open();
	assert_true(signs(key, NULL));
	assert_int_equal(keyguard_bench_objects(), 2);
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

#define WITH_TOKEN(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
	        WITH_TOKEN(trouble_that_passes_is_not_seen_by_who_signs),
	        WITH_TOKEN(trouble_while_getting_well_passes_too),
	        WITH_TOKEN(a_device_that_stays_away_is_reported_by_name_within_seconds),
	        WITH_TOKEN(a_pin_that_gets_locked_while_running_is_reported),
	        WITH_TOKEN(a_token_removed_while_running_is_reported_and_works_when_put_back),
	        WITH_TOKEN(a_token_initialised_anew_has_a_new_key),
	        WITH_TOKEN(a_module_that_hangs_ends_at_the_deadline),
	        WITH_TOKEN(a_deadline_that_has_passed_makes_nothing),
	        WITH_TOKEN(a_dead_key_is_replaced),
	        WITH_TOKEN(a_key_that_cannot_be_proved_is_not_left_behind),
	        WITH_TOKEN(a_key_that_is_less_protected_than_asked_is_refused_and_not_left_behind),
	        WITH_TOKEN(a_key_found_less_protected_is_refused_and_left_alone),
	        WITH_TOKEN(a_key_made_by_a_call_that_failed_is_not_left_behind),
	        WITH_TOKEN(making_is_tried_again_and_leaves_one_key),
	        cmocka_unit_test_setup_teardown(a_full_disk_makes_no_key_and_leaves_nothing,
	                                        set_up_small, tear_down_small),
	        cmocka_unit_test(every_answer_in_the_table_has_a_name_and_a_class),
	};

	return cmocka_run_group_tests_name("keyguard_faults", tests, load_mock, NULL);
}
