/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What goes wrong with a token that worked, or while a key is made: it passes unseen or has its
 * class and its words, ends in time, and leaves nothing half-made. */
#include "tests/testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "faulty_token.h"
#include "keyguard_bench.h"
#include "ref/keys/keyguard_pair.h"
#include "ref/keys/pkcs11_pin.h"

static bool signs(struct key *key, struct msiv2_error *err)
{
	return keyguard_bench_signs(key, KEY_PADDING_PSS, EVP_sha256(), err);
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
	OWNED_STRUCT(key) *key = faulty_open();
	struct msiv2_error err = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(passing); i++) {
		const struct mock_fault fault = {.function = passing[i].function,
		                                 .rv = passing[i].rv,
		                                 .times = passing[i].times};

		faulty_arm(&fault);
		if (!signs(key, &err))
			fail_msg("%s, 0x%lX: %s", passing[i].function, passing[i].rv, err.message);
		assert_true(faulty_calls() > passing[i].times);
	}
}

/* Sessions are not enough: the new one, and the login for it, may fail too. */
static void trouble_while_getting_well_passes_too(void **state)
{
	OWNED_STRUCT(key) *key = faulty_open();
	const struct mock_fault fault = {
	        .function = "C_OpenSession", .rv = CKR_SESSION_COUNT, .times = 2};
	const struct mock_fault lost = {.function = "C_Sign", .rv = CKR_SESSION_CLOSED, .times = 1};

	(void)state;
	faulty_arm(&lost);
	assert_true(signs(key, NULL));
	faulty_arm(&fault);
	assert_true(signs(key, NULL));
}

/* ---- trouble that stays ---- */

static void a_device_that_stays_away_is_reported_by_name_within_seconds(void **state)
{
	OWNED_STRUCT(key) *key = faulty_open();
	const struct mock_fault fault = {.function = "C_Sign", .rv = CKR_DEVICE_REMOVED};
	struct msiv2_error err = {0};
	int64_t begin_us = clock_mono_us(clock_system());

	(void)state;
	faulty_arm(&fault);
	assert_false(signs(key, &err));
	assert_int_equal(err.rc, MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "C_Sign: CKR_DEVICE_REMOVED"));
	assert_true(clock_mono_us(clock_system()) - begin_us < 10 * CLOCK_US_PER_S);
	faulty_arm(NULL); /* put back */
	assert_true(signs(key, &err));
}

static void a_pin_that_gets_locked_while_running_is_reported(void **state)
{
	OWNED_STRUCT(key) *key = faulty_open();
	const struct mock_fault lost = {.function = "C_Sign", .rv = CKR_DEVICE_REMOVED, .times = 1};
	struct msiv2_error err = {0};

	(void)state;
	faulty_arm(&lost);
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
	softhsm_token_hide(&faulty_token);
	assert_false(signs(key, &err));
	assert_int_equal(err.rc, MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "token \"msiv2\""));
	softhsm_token_show(&faulty_token);
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

		assert_int_equal(keyguard_provider.remove(faulty_place(), NULL), MSIV2_OK);
		faulty_arm(&fault);
		assert_int_equal(keyguard_provider.get_or_create(
		                         faulty_place(), clock_deadline_us(clock_system(), 1500),
		                         &key, &lack, &err),
		                 MSIV2_TIMEOUT);
		assert_true(clock_mono_us(clock_system()) - begin_us < 10 * CLOCK_US_PER_S);
		assert_non_null(strstr(err.message, "does not answer in time"));
		assert_int_equal(lack, KEY_LACK_BROKEN);
		faulty_release();
		/* Who was left behind gets in nobody's way. */
		key_free(faulty_open());
	}
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

static void a_deadline_that_has_passed_makes_nothing(void **state)
{
	struct msiv2_error err = {0};
	enum key_lack lack = KEY_LACK_NONE;
	struct key *key = NULL;

	(void)state;
	assert_int_equal(keyguard_provider.get_or_create(faulty_place(), 0, &key, &lack, &err),
	                 MSIV2_TIMEOUT);
	assert_null(key);
}

/* ---- keys that are not as they must be ---- */

static void a_dead_key_is_replaced(void **state)
{
	OWNED_STRUCT(key) *before = faulty_open();
	OWNED_STRUCT(key) *after = NULL;
	/* KEY-08: the first look and the look at one's turn; the key made then is fine. */
	const struct mock_fault fault = {.function = "C_Sign", .corrupt = true, .times = 2};

	(void)state;
	faulty_arm(&fault);
	after = faulty_open();
	assert_int_equal(EVP_PKEY_eq(key_public(before), key_public(after)), 0);
	assert_true(signs(after, NULL));
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

static void a_key_that_cannot_be_proved_is_not_left_behind(void **state)
{
	const struct mock_fault fault = {.function = "C_Sign", .corrupt = true};

	(void)state;
	faulty_arm(&fault);
	faulty_expect_lack(faulty_place(), KEY_LACK_BROKEN, "does not fit its public half");
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

		faulty_arm(&fault);
		faulty_expect_lack(faulty_place(), KEY_LACK_REFUSED, "not protected as it must be");
		assert_int_equal(keyguard_bench_objects(), 0);
	}
}

static void a_key_found_less_protected_is_refused_and_left_alone(void **state)
{
	OWNED_STRUCT(key) *key = faulty_open();
	const struct mock_fault fault = {.function = "C_GetAttributeValue", .lie = CKA_LOCAL};

	(void)state;
	assert_non_null(key);
	faulty_arm(&fault);
	faulty_expect_lack(faulty_place(), KEY_LACK_REFUSED, "local 0");
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

/* ---- others ---- */

/* As a maker that died between making and looking leaves them. */
static void make_two_keys(const struct mock_fault *twins)
{
	const struct pkcs11_patience patience = {clock_system(), CLOCK_NEVER};
	struct pkcs11_trouble trouble = {0};
	struct pkcs11_module *module = NULL;
	OWNED_STRUCT(pkcs11_pool) *pool = NULL;
	OWNED_STRUCT(keyguard_pair) pair = {0};

	faulty_arm(twins);
	assert_int_equal(pkcs11_module_open(MOCK_MODULE, &patience, &module, &trouble), MSIV2_OK);
	assert_int_equal(pkcs11_pool_new(module, SOFTHSM_LABEL, NULL, &pool, &trouble), MSIV2_OK);
	assert_int_equal(keyguard_pair_make(pool, &patience, "msiv2", &pair, &trouble), MSIV2_OK);
	faulty_arm(NULL);
}

/* Two make one at the same moment, as on two machines with one token: ours yields. */
static void a_key_made_meanwhile_by_somebody_else_is_the_one_that_stays(void **state)
{
	const struct mock_fault fault = {.function = "C_GenerateKeyPair", .twin = true, .times = 1};
	OWNED_STRUCT(key) *key = NULL;
	OWNED_STRUCT(key) *again = NULL;

	(void)state;
	faulty_arm(&fault);
	key = faulty_open();
	assert_int_equal(faulty_calls(), 1); /* the other's is taken, none is made again */
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
	assert_true(signs(key, NULL));
	again = faulty_open();
	assert_int_equal(EVP_PKEY_eq(key_public(key), key_public(again)), 1);
}

static void two_keys_left_by_a_crash_are_the_same_choice_for_everybody(void **state)
{
	const struct mock_fault twins = {.function = "C_GenerateKeyPair", .twin = true};
	OWNED_STRUCT(key) *first = NULL;

	(void)state;
	make_two_keys(&twins);
	assert_int_equal(keyguard_bench_count("msiv2"), 2);
	first = faulty_open();
	for (int i = 0; i < 6; i++) {
		OWNED_STRUCT(key) *again = faulty_open();

		assert_int_equal(EVP_PKEY_eq(key_public(first), key_public(again)), 1);
	}
	assert_int_equal(keyguard_bench_count("msiv2"), 2); /* another's is never destroyed */
}

/* Turns are a courtesy: who holds them for ever does not stop us. */
static void a_turn_that_is_never_given_back_is_done_without(void **state)
{
	int fd = open(MOCK_MODULE, O_RDONLY | O_CLOEXEC);
	OWNED_STRUCT(key) *key = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	key = faulty_open();
	assert_true(signs(key, NULL));
	(void)close(fd);
}

/* ---- making fails ---- */

static void a_key_made_by_a_call_that_failed_is_not_left_behind(void **state)
{
	const struct mock_fault fault = {
	        .function = "C_GenerateKeyPair", .rv = CKR_DEVICE_ERROR, .after = true};

	(void)state;
	faulty_arm(&fault);
	faulty_expect_lack(faulty_place(), KEY_LACK_BROKEN, "C_GenerateKeyPair: CKR_DEVICE_ERROR");
	assert_int_equal(keyguard_bench_objects(), 0);
}

static void making_is_tried_again_and_leaves_one_key(void **state)
{
	const struct mock_fault fault = {.function = "C_GenerateKeyPair",
	                                 .rv = CKR_GENERAL_ERROR,
	                                 .after = true,
	                                 .times = 2};

	(void)state;
	faulty_arm(&fault);
	key_free(faulty_open());
	assert_int_equal(faulty_calls(), 3);
	assert_int_equal(keyguard_bench_objects(), 1);
}

/* A file system of its own, so small that it can be filled. */
static char small_dir[] = "/tmp/msiv2-full-XXXXXX";

static int set_up_small(void **state)
{
	(void)state;
	(void)snprintf(small_dir, sizeof(small_dir), "/tmp/msiv2-full-XXXXXX");
	faulty_arm(NULL);
	if (mkdtemp(small_dir) == NULL)
		return -1;
	if (mount("tmpfs", small_dir, "tmpfs", 0, "size=64k,mode=0700") != 0) {
		(void)rmdir(small_dir);
		small_dir[0] = '\0'; /* only root may: the test is skipped, and says so */
		return 0;
	}
	softhsm_token_make_in(&faulty_token, small_dir);
	return 0;
}

static int tear_down_small(void **state)
{
	(void)state;
	if (small_dir[0] == '\0')
		return 0;
	softhsm_token_drop(&faulty_token);
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
	faulty_expect_lack(&place, KEY_LACK_BROKEN, "C_GenerateKeyPair: CKR_");
	assert_int_equal(remove(filler), 0); /* room again */
	assert_int_equal(keyguard_bench_objects(), 1);
	key = keyguard_bench_open();
	assert_true(signs(key, NULL));
	assert_int_equal(keyguard_bench_objects(), 2);
}

#define WITH_TOKEN(f) cmocka_unit_test_setup_teardown(f, faulty_set_up, faulty_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	        WITH_TOKEN(a_key_made_meanwhile_by_somebody_else_is_the_one_that_stays),
	        WITH_TOKEN(two_keys_left_by_a_crash_are_the_same_choice_for_everybody),
	        WITH_TOKEN(a_turn_that_is_never_given_back_is_done_without),
	        WITH_TOKEN(a_key_made_by_a_call_that_failed_is_not_left_behind),
	        WITH_TOKEN(making_is_tried_again_and_leaves_one_key),
	        cmocka_unit_test_setup_teardown(a_full_disk_makes_no_key_and_leaves_nothing,
	                                        set_up_small, tear_down_small),
	};

	return cmocka_run_group_tests_name("keyguard_faults", tests, faulty_load, NULL);
}
