/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Hardware keys in a private swtpm: made, found, told apart, removed. */
#include "tests/testing.h"

#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "hardware_bench.h"
#include "ref/keys/hardware.h"
#include "ref/keys/key.h"
#include "ref/keys/tpm_role.h"

#define NO_SESSION  ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE
#define MODULUS_LEN (KEY_RSA_BITS / 8)

static struct swtpm swtpm;
static struct key_place place;

static int set_up(void **state)
{
	(void)state;
	swtpm_make(&swtpm);
	place = hardware_bench_place(&swtpm);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	swtpm_drop(&swtpm);
	return 0;
}

static struct key *open_key(void)
{
	struct key *key = hardware_bench_open(&place);

	assert_non_null(key);
	return key;
}

static bool same_key(struct key *a, struct key *b)
{
	return EVP_PKEY_eq(key_public(a), key_public(b)) == 1;
}

static void count_sign(void *ctx, bool step)
{
	int *signs = ctx;

	(void)step;
	(*signs)++;
}

/* LIFE-04: a TPM may take a minute for a key. What is done with the key later is no longer that
 * caller's. */
static void the_caller_gives_signs_of_life_while_a_key_is_made(void **state)
{
	int signs = 0;
	struct key_place watched = place;
	OWNED_STRUCT(key) *key = NULL;
	uint8_t digest[KEY_DIGEST_LEN] = {1};
	uint8_t sig[MODULUS_LEN];
	size_t sig_len = sizeof(sig);
	enum key_lack lack;

	(void)state;
	watched.name = "watched";
	watched.lifesign = (struct lifesign){count_sign, &signs};
	assert_int_equal(hardware_bench_try(&watched, &key, &lack, NULL), MSIV2_OK);
	assert_true(signs > 0);
	signs = 0;
	assert_int_equal(key_sign(key, KEY_PADDING_PSS, EVP_sha256(), digest, sizeof(digest), sig,
	                          &sig_len, NULL),
	                 MSIV2_OK);
	assert_int_equal(signs, 0);
}

static void it_signs_with_both_paddings_and_every_digest(void **state)
{
	OWNED_STRUCT(key) *key = open_key();
	const EVP_MD *digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(digests); i++) {
		assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, digests[i]));
		assert_true(hardware_bench_signs(key, KEY_PADDING_PKCS1, digests[i]));
	}
	assert_string_equal(key_kind(key), "hardware");
	assert_int_equal(key_bits(key), KEY_RSA_BITS);
}

static void other_digests_and_wrong_lengths_are_refused_in_words(void **state)
{
	OWNED_STRUCT(key) *key = open_key();
	uint8_t bytes[64] = {0};
	uint8_t sig[MODULUS_LEN];
	size_t sig_len = sizeof(sig);
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_sign(key, KEY_PADDING_PSS, EVP_sha1(), bytes, 20, sig, &sig_len, &err),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "SHA1"));
	assert_int_equal(
	        key_sign(key, KEY_PADDING_PSS, EVP_sha256(), bytes, 31, sig, &sig_len, &err),
	        MSIV2_INTERNAL);
	sig_len = MODULUS_LEN - 1;
	assert_int_equal(
	        key_sign(key, KEY_PADDING_PSS, EVP_sha256(), bytes, 32, sig, &sig_len, &err),
	        MSIV2_INTERNAL);
}

static void it_tells_where_it_is_and_how_it_is_protected(void **state)
{
	OWNED_STRUCT(key) *key = open_key();
	struct key_description description = {0};

	(void)state;
	key_describe(key, &description);
	assert_non_null(strstr(description.location, swtpm.tcti));
	assert_non_null(strstr(description.location, "0x81010001"));
	assert_non_null(strstr(description.protection, "fixedTPM"));
	assert_true(description.persistent);
	assert_false(description.attestable);
}

/* ---- found again ---- */

/* In a child: finds the key, signs, and its exit code says whether it is this one. */
static bool another_process_finds(struct key *key)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct key *found = hardware_bench_open(&place);

		_exit(found != NULL && same_key(found, key) &&
		                      hardware_bench_signs(found, KEY_PADDING_PSS, EVP_sha256())
		              ? 0
		              : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void who_only_looks_finds_a_key_but_makes_none(void **state)
{
	struct key_place looked_at = place;
	OWNED_STRUCT(key) *made = NULL;
	OWNED_STRUCT(key) *found = NULL;
	struct msiv2_error err = {0};
	enum key_lack lack;

	(void)state;
	looked_at.name = "looked-at";
	looked_at.existing = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hardware_bench_try(&looked_at, &found, &lack, &err),
		                 MSIV2_KEY_UNAVAILABLE);
		assert_int_equal(lack, KEY_LACK_UNMADE);
		assert_non_null(strstr(err.message, "has no such key"));
	}
	looked_at.existing = false;
	made = hardware_bench_open(&looked_at);
	looked_at.existing = true;
	assert_int_equal(hardware_bench_try(&looked_at, &found, &lack, &err), MSIV2_OK);
	assert_int_equal(lack, KEY_LACK_NONE);
	assert_true(same_key(made, found));
	assert_int_equal(hardware_provider.remove(&looked_at, &err), MSIV2_OK);
}

static void another_process_finds_the_same_key(void **state)
{
	OWNED_STRUCT(key) *key = open_key();

	(void)state;
	assert_true(another_process_finds(key));
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), 1);
}

static void it_is_there_after_a_restart_and_a_key_in_use_goes_on(void **state)
{
	OWNED_STRUCT(key) *before = open_key();
	OWNED_STRUCT(key) *after = NULL;

	(void)state;
	swtpm_end(&swtpm, SIGTERM);
	swtpm_start(&swtpm);
	after = open_key();
	assert_true(same_key(before, after));
	assert_true(hardware_bench_signs(before, KEY_PADDING_PSS, EVP_sha256()));
}

/* Counting what is wrong about it in a TPM takes noDA: otherwise each end without warning after a
 * use is a wrong guess, and the third one locks the key. */
static void power_cuts_do_not_lock_it(void **state)
{
	OWNED_STRUCT(key) *key = open_key();

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
		swtpm_end(&swtpm, SIGKILL);
		swtpm_start(&swtpm);
	}
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
}

static void nothing_transient_is_left(void **state)
{
	OWNED_STRUCT(key) *key = open_key();

	(void)state;
	assert_true(hardware_bench_signs(key, KEY_PADDING_PKCS1, EVP_sha256()));
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
	assert_int_equal(foreign_count(&swtpm, TPM2_LOADED_SESSION_FIRST), 0);
}

/* ---- gone (KEY-08) ---- */

static void clear_owner_hierarchy(void)
{
	struct foreign_client client;

	foreign_open(&swtpm, &client);
	assert_int_equal(Esys_Clear(client.esys, ESYS_TR_RH_LOCKOUT, PASSWORD), TSS2_RC_SUCCESS);
	foreign_close(&client);
}

static void a_cleared_tpm_gets_a_new_key_and_the_old_one_says_so(void **state)
{
	OWNED_STRUCT(key) *old = open_key();
	OWNED_STRUCT(key) *new = NULL;
	struct msiv2_error err = {0};

	(void)state;
	clear_owner_hierarchy();
	assert_int_equal(hardware_bench_sign(old, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "no such object"));
	new = open_key();
	assert_false(same_key(old, new));
	assert_int_equal(hardware_bench_sign(old, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "replaced"));
}

/* ---- which TPM it is ---- */

static void name_of_tpm(struct bytes *out)
{
	struct msiv2_error err = {0};

	bytes_clear(out);
	if (hardware_provider.device(&place, clock_deadline_us(clock_system(), 20000), out, &err) !=
	    MSIV2_OK)
		fail_msg("%s", err.message);
}

static void a_tpm_is_told_from_another_and_is_the_same_when_it_is_cleared(void **state)
{
	OWNED_STRUCT(bytes) name = {0};
	OWNED_STRUCT(bytes) again = {0};
	OWNED_STRUCT(key) *key = NULL;

	(void)state;
	name_of_tpm(&name);
	assert_int_equal(name.len, strlen("tpm2:endorsement=") + 64);
	assert_true(text_starts(bytes_text(&name), "tpm2:endorsement="));
	key = open_key();
	name_of_tpm(&again);
	assert_string_equal(bytes_text(&again), bytes_text(&name));
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	clear_owner_hierarchy();
	name_of_tpm(&again);
	assert_string_equal(bytes_text(&again), bytes_text(&name));
	swtpm_end(&swtpm, SIGKILL);
	swtpm_start(&swtpm);
	name_of_tpm(&again);
	assert_string_equal(bytes_text(&again), bytes_text(&name));
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
	swtpm_end(&swtpm, SIGKILL);
	swtpm_wipe(&swtpm);
	name_of_tpm(&again);
	assert_string_not_equal(bytes_text(&again), bytes_text(&name));
}

/* Its owner may keep that hierarchy to himself. */
static void a_tpm_that_tells_no_name_still_has_keys(void **state)
{
	const TPM2B_AUTH password = {.size = 4, .buffer = "mine"};
	OWNED_STRUCT(bytes) name = {0};
	OWNED_STRUCT(key) *key = NULL;
	struct foreign_client client;

	(void)state;
	foreign_open(&swtpm, &client);
	assert_int_equal(
	        Esys_HierarchyChangeAuth(client.esys, ESYS_TR_RH_ENDORSEMENT, PASSWORD, &password),
	        TSS2_RC_SUCCESS);
	foreign_close(&client);
	assert_int_equal(hardware_provider.device(&place, clock_deadline_us(clock_system(), 20000),
	                                          &name, NULL),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(name.len, 0);
	key = open_key();
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
}

static void another_tpm_in_its_place_is_noticed(void **state)
{
	OWNED_STRUCT(key) *old = open_key();
	OWNED_STRUCT(key) *new = NULL;
	struct msiv2_error err = {0};

	(void)state;
	swtpm_end(&swtpm, SIGKILL);
	assert_int_equal(hardware_bench_sign(old, &err), MSIV2_KEY_UNAVAILABLE);
	swtpm_wipe(&swtpm);
	assert_int_equal(hardware_bench_sign(old, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "gone"));
	new = open_key();
	assert_int_equal(hardware_bench_sign(old, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "replaced"));
	assert_true(hardware_bench_signs(new, KEY_PADDING_PSS, EVP_sha256()));
}

static void a_key_that_does_not_sign_is_replaced(void **state)
{
	OWNED_STRUCT(key) *key = NULL;
	struct foreign_client client;
	struct tpm_role role;
	TPM2B_PUBLIC template;
	uint8_t locked[MODULUS_LEN];
	uint8_t now[MODULUS_LEN];

	(void)state;
	assert_int_equal(tpm_role_of_name(NULL, &role, NULL), MSIV2_OK);
	assert_int_equal(tpm_role_template(&role, &template, NULL), MSIV2_OK);
	foreign_open(&swtpm, &client);
	foreign_persist(&client, foreign_primary(&client, &template, "secret"), role.handle);
	foreign_close(&client);
	assert_int_equal(foreign_public(&swtpm, role.handle, locked), MODULUS_LEN);
	key = open_key();
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	assert_int_equal(foreign_public(&swtpm, role.handle, now), MODULUS_LEN);
	assert_memory_not_equal(locked, now, MODULUS_LEN);
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), 1);
}

static void what_a_process_did_not_live_to_finish_is_swept(void **state)
{
	OWNED_STRUCT(key) *key = NULL;
	struct foreign_client client;
	struct tpm_role role;
	TPM2B_PUBLIC template;

	(void)state;
	assert_int_equal(tpm_role_of_name(NULL, &role, NULL), MSIV2_OK);
	foreign_open(&swtpm, &client);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tpm_role_template(&role, &template, NULL), MSIV2_OK);
		(void)foreign_primary(&client, &template, NULL);
	}
	foreign_template(&template);
	(void)foreign_primary(&client, &template, NULL);
	foreign_close(&client);
	key = open_key();
	/* Somebody else's transient object is not our business. */
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 1);
}

/* ---- names and handles ---- */

static void each_name_has_its_key(void **state)
{
	OWNED_STRUCT(key) *default_key = open_key();
	OWNED_STRUCT(key) *again = NULL;
	OWNED_STRUCT(key) *other = NULL;

	(void)state;
	place.name = "msiv2";
	again = open_key();
	place.name = "another";
	other = open_key();
	assert_true(same_key(default_key, again));
	assert_false(same_key(default_key, other));
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), 2);
}

static void handles_of_names_are_where_the_document_says(void **state)
{
	struct tpm_role role;
	char name[24];

	(void)state;
	assert_int_equal(tpm_role_of_name("msiv2", &role, NULL), MSIV2_OK);
	assert_int_equal(role.handle, 0x81010001);
	assert_int_equal(tpm_role_of_identity(&role, NULL), MSIV2_OK);
	assert_int_equal(role.handle, 0x81010002);
	assert_int_equal(tpm_role_of_certificate(&role, NULL), MSIV2_OK);
	assert_int_equal(role.handle, 0x01800100);
	/* printf 'msiv2 signing key\0another' | sha256sum: 0xacbc155b.. mod 240 */
	assert_int_equal(tpm_role_of_name("another", &role, NULL), MSIV2_OK);
	assert_int_equal(role.handle, 0x810100CB);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "name-%d", i);
		assert_int_equal(tpm_role_of_name(name, &role, NULL), MSIV2_OK);
		assert_in_range(role.handle, 0x81010010, 0x810100FF);
	}
}

/* The first name after `other` whose handle is the same. */
static void find_collision(const char *other, char *out, size_t size)
{
	struct tpm_role taken;
	struct tpm_role role;

	assert_int_equal(tpm_role_of_name(other, &taken, NULL), MSIV2_OK);
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(out, size, "name-%d", i);
		assert_int_equal(tpm_role_of_name(out, &role, NULL), MSIV2_OK);
		if (role.handle == taken.handle)
			return;
	}
	fail_msg("no collision");
}

static void refused_and_left_alone(TPM2_HANDLE handle)
{
	uint8_t before[MODULUS_LEN];
	uint8_t after[MODULUS_LEN];
	size_t len = foreign_public(&swtpm, handle, before);
	struct msiv2_error err = {0};
	struct key *key = NULL;
	enum key_lack lack;

	assert_int_equal(hardware_bench_try(&place, &key, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, KEY_LACK_REFUSED);
	assert_non_null(strstr(err.message, "not ours"));
	assert_null(key);
	assert_int_equal(hardware_provider.remove(&place, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(foreign_public(&swtpm, handle, after), len);
	assert_memory_equal(before, after, len);
}

static void two_names_at_one_handle_do_not_share_a_key(void **state)
{
	OWNED_STRUCT(key) *key = NULL;
	struct tpm_role role;
	char name[24];

	(void)state;
	place.name = "another";
	key = open_key();
	find_collision("another", name, sizeof(name));
	place.name = name;
	assert_int_equal(tpm_role_of_name(name, &role, NULL), MSIV2_OK);
	refused_and_left_alone(role.handle);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
}

static void somebody_elses_key_at_our_handle_is_refused_and_left_alone(void **state)
{
	struct foreign_client client;
	TPM2B_PUBLIC template;

	(void)state;
	foreign_template(&template);
	foreign_open(&swtpm, &client);
	foreign_persist(&client, foreign_primary(&client, &template, NULL), TPM_HANDLE_DEFAULT);
	foreign_close(&client);
	refused_and_left_alone(TPM_HANDLE_DEFAULT);
}

/* One of ours in all but one thing: it may leave the TPM. */
static void a_key_like_ours_that_may_leave_is_refused(void **state)
{
	struct foreign_client client;
	struct tpm_role role;
	TPM2B_PUBLIC template;

	(void)state;
	assert_int_equal(tpm_role_of_name(NULL, &role, NULL), MSIV2_OK);
	assert_int_equal(tpm_role_template(&role, &template, NULL), MSIV2_OK);
	template.publicArea.objectAttributes &=
	        ~(TPMA_OBJECT)(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT);
	foreign_open(&swtpm, &client);
	foreign_persist(&client, foreign_primary(&client, &template, NULL), role.handle);
	foreign_close(&client);
	refused_and_left_alone(role.handle);
}

static void remove_takes_the_key_and_nothing_else(void **state)
{
	OWNED_STRUCT(key) *key = open_key();
	OWNED_STRUCT(key) *other = NULL;
	OWNED_STRUCT(key) *next = NULL;

	(void)state;
	place.name = "another";
	other = open_key();
	place.name = NULL;
	assert_int_equal(hardware_provider.remove(&place, NULL), MSIV2_OK);
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), 1);
	assert_int_equal(hardware_provider.remove(&place, NULL), MSIV2_OK);
	assert_true(hardware_bench_signs(other, KEY_PADDING_PSS, EVP_sha256()));
	/* The same template gives the same key; ours is never the same template. */
	next = open_key();
	assert_false(same_key(key, next));
}

/* The way a real TPM goes (device:/dev/tpmrm0): through a module of tpm2-tss, here its own for
 * swtpm, under its file's name, which keeps our link out of the way. */
static void a_module_of_tpm2_tss_serves_as_well(void **state)
{
	OWNED_STRUCT(key) *key = NULL;
	OWNED_STRUCT(key) *again = NULL;
	OWNED_STRUCT(key) *straight = open_key();
	struct msiv2_error err = {0};
	char tcti[128];

	(void)state;
	(void)snprintf(tcti, sizeof(tcti), "libtss2-tcti-swtpm.so.0:path=%s", swtpm.socket);
	place.tcti = tcti;
	key = open_key();
	assert_true(same_key(straight, key));
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	swtpm_end(&swtpm, SIGKILL);
	assert_int_equal(hardware_bench_sign(key, &err), MSIV2_KEY_UNAVAILABLE);
	swtpm_start(&swtpm);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PKCS1, EVP_sha256()));
	assert_true(another_process_finds(key));
	again = open_key();
	assert_true(same_key(key, again));
	place.name = "another";
	key_free(steal(&again));
	again = open_key();
	assert_false(same_key(key, again));
}

#define ON_TPM(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_TPM(the_caller_gives_signs_of_life_while_a_key_is_made),
	        ON_TPM(it_signs_with_both_paddings_and_every_digest),
	        ON_TPM(other_digests_and_wrong_lengths_are_refused_in_words),
	        ON_TPM(it_tells_where_it_is_and_how_it_is_protected),
	        ON_TPM(who_only_looks_finds_a_key_but_makes_none),
	        ON_TPM(another_process_finds_the_same_key),
	        ON_TPM(it_is_there_after_a_restart_and_a_key_in_use_goes_on),
	        ON_TPM(power_cuts_do_not_lock_it),
	        ON_TPM(nothing_transient_is_left),
	        ON_TPM(a_cleared_tpm_gets_a_new_key_and_the_old_one_says_so),
	        ON_TPM(a_tpm_is_told_from_another_and_is_the_same_when_it_is_cleared),
	        ON_TPM(a_tpm_that_tells_no_name_still_has_keys),
	        ON_TPM(another_tpm_in_its_place_is_noticed),
	        ON_TPM(a_key_that_does_not_sign_is_replaced),
	        ON_TPM(what_a_process_did_not_live_to_finish_is_swept),
	        ON_TPM(each_name_has_its_key),
	        cmocka_unit_test(handles_of_names_are_where_the_document_says),
	        ON_TPM(two_names_at_one_handle_do_not_share_a_key),
	        ON_TPM(somebody_elses_key_at_our_handle_is_refused_and_left_alone),
	        ON_TPM(a_key_like_ours_that_may_leave_is_refused),
	        ON_TPM(remove_takes_the_key_and_nothing_else),
	        ON_TPM(a_module_of_tpm2_tss_serves_as_well),
	};

	return cmocka_run_group_tests_name("hardware", tests, NULL, NULL);
}
