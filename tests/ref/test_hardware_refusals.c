/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A TPM that refuses, that is busy, or that is not there; and a process without memory. */
#include "tests/testing.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "hardware_bench.h"
#include "mem_fault.h"
#include "ref/keys/key.h"
#include "ref/keys/tpm_context.h"
#include "virtual_clock.h"

#define PASSWORD ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE

static struct swtpm swtpm;
static struct key_place place;
static struct virtual_clock virtual;

static int set_up(void **state)
{
	(void)state;
	swtpm_make(&swtpm);
	place = hardware_bench_place(&swtpm);
	virtual_clock_start(&virtual);
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

/* ---- it refuses ---- */

/* One wrong guess is enough, and a key with a password is guessed at. */
static void lock_the_tpm(void)
{
	const TPM2B_DIGEST digest = {.size = KEY_DIGEST_LEN};
	const TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_ECDSA,
	                                .details.any.hashAlg = TPM2_ALG_SHA256};
	const TPMT_TK_HASHCHECK no_ticket = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};
	const TPM2B_AUTH wrong = {.size = 5, .buffer = "wrong"};
	TPMT_SIGNATURE *signature = NULL;
	struct foreign_client client;
	TPM2B_PUBLIC template;
	ESYS_TR key;

	foreign_template(&template);
	foreign_open(&swtpm, &client);
	assert_int_equal(Esys_DictionaryAttackParameters(client.esys, ESYS_TR_RH_LOCKOUT, PASSWORD,
	                                                 1, 1000, 1000),
	                 TSS2_RC_SUCCESS);
	key = foreign_primary(&client, &template, "right");
	assert_int_equal(Esys_TR_SetAuth(client.esys, key, &wrong), TSS2_RC_SUCCESS);
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(Esys_Sign(client.esys, key, PASSWORD, &digest, &scheme,
		                               &no_ticket, &signature),
		                     TSS2_RC_SUCCESS);
	assert_int_equal(
	        Esys_Sign(client.esys, key, PASSWORD, &digest, &scheme, &no_ticket, &signature),
	        TPM2_RC_LOCKOUT);
	assert_int_equal(Esys_FlushContext(client.esys, key), TSS2_RC_SUCCESS);
	foreign_close(&client);
}

/* Somebody else's wrong guesses are not ours to suffer: noDA. */
static void a_locked_tpm_signs_and_makes_keys_all_the_same(void **state)
{
	OWNED_STRUCT(key) *key = open_key();
	OWNED_STRUCT(key) *other = NULL;

	(void)state;
	lock_the_tpm();
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	place.name = "another";
	other = open_key();
	assert_true(hardware_bench_signs(other, KEY_PADDING_PSS, EVP_sha256()));
}

static void set_owner_password(void)
{
	const TPM2B_AUTH password = {.size = 6, .buffer = "secret"};
	struct foreign_client client;

	foreign_open(&swtpm, &client);
	assert_int_equal(
	        Esys_HierarchyChangeAuth(client.esys, ESYS_TR_RH_OWNER, PASSWORD, &password),
	        TSS2_RC_SUCCESS);
	foreign_close(&client);
}

static void an_owner_password_is_needed_to_make_a_key_not_to_use_it(void **state)
{
	OWNED_STRUCT(key) *key = open_key();
	OWNED_STRUCT(key) *again = NULL;
	struct msiv2_error err = {0};
	struct key *none = NULL;
	enum key_lack lack;

	(void)state;
	set_owner_password();
	again = open_key();
	assert_true(hardware_bench_signs(again, KEY_PADDING_PSS, EVP_sha256()));
	place.name = "another";
	assert_int_equal(hardware_bench_try(&place, &none, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, KEY_LACK_REFUSED);
	assert_non_null(strstr(err.message, "password"));
	assert_non_null(strstr(err.message, "Esys_CreatePrimary"));
	place.name = NULL;
	assert_int_equal(hardware_provider.remove(&place, &err), MSIV2_KEY_UNAVAILABLE);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
}

/* ---- codes a swtpm does not give on demand ---- */

static const TSS2_RC *script; /* what Esys_Sign gives next, 0 = ask the TPM from now on */

TSS2_RC __real_Esys_Sign(ESYS_CONTEXT *esys, ESYS_TR key, ESYS_TR s1, ESYS_TR s2, ESYS_TR s3,
                         const TPM2B_DIGEST *digest, const TPMT_SIG_SCHEME *scheme,
                         const TPMT_TK_HASHCHECK *validation, TPMT_SIGNATURE **signature);
TSS2_RC __wrap_Esys_Sign(ESYS_CONTEXT *esys, ESYS_TR key, ESYS_TR s1, ESYS_TR s2, ESYS_TR s3,
                         const TPM2B_DIGEST *digest, const TPMT_SIG_SCHEME *scheme,
                         const TPMT_TK_HASHCHECK *validation, TPMT_SIGNATURE **signature);

TSS2_RC __wrap_Esys_Sign(ESYS_CONTEXT *esys, ESYS_TR key, ESYS_TR s1, ESYS_TR s2, ESYS_TR s3,
                         const TPM2B_DIGEST *digest, const TPMT_SIG_SCHEME *scheme,
                         const TPMT_TK_HASHCHECK *validation, TPMT_SIGNATURE **signature)
{
	if (script != NULL && *script != 0)
		return *script++;
	return __real_Esys_Sign(esys, key, s1, s2, s3, digest, scheme, validation, signature);
}

static void a_moment_of_weakness_is_waited_out(void **state)
{
	static const TSS2_RC passing[] = {TPM2_RC_RETRY,
	                                  TPM2_RC_YIELDED,
	                                  TPM2_RC_TESTING,
	                                  TPM2_RC_NV_RATE,
	                                  TPM2_RC_OBJECT_MEMORY,
	                                  TPM2_RC_SESSION_MEMORY,
	                                  TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_OBJECT_MEMORY,
	                                  0};
	OWNED_STRUCT(key) *key = NULL;

	(void)state;
	place.clock = &virtual.clock;
	key = open_key();
	script = passing;
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	assert_int_equal(*script, 0);
	assert_true(atomic_load(&virtual.waited_us) > 0);
	script = NULL;
}

static void a_lockout_is_a_refusal_and_no_reason_to_replace_the_key(void **state)
{
	static const TSS2_RC lockout[] = {TPM2_RC_LOCKOUT, TPM2_RC_LOCKOUT, 0};
	OWNED_STRUCT(key) *key = open_key();
	OWNED_STRUCT(key) *after = NULL;
	struct msiv2_error err = {0};
	struct key *none = NULL;
	enum key_lack lack;

	(void)state;
	script = lockout;
	assert_int_equal(hardware_bench_sign(key, &err), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "locked after too many wrong passwords"));
	assert_int_equal(hardware_bench_try(&place, &none, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, KEY_LACK_REFUSED);
	script = NULL;
	after = open_key();
	assert_int_equal(EVP_PKEY_eq(key_public(key), key_public(after)), 1);
}

/* ---- it is not there ---- */

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);

static const char *device_errno; /* the path, when it is to look as follows */
static int device_number;

int __wrap_access(const char *path, int mode)
{
	if (device_errno == NULL || strcmp(path, device_errno) != 0)
		return __real_access(path, mode);
	errno = mode == F_OK && device_number == EACCES ? 0 : device_number;
	return errno == 0 ? 0 : -1;
}

static void expect_lack(const char *tcti, enum key_lack expected, const char *words)
{
	struct msiv2_error err = {0};
	struct key *key = NULL;
	enum key_lack lack;

	place.tcti = tcti;
	assert_int_equal(hardware_bench_try(&place, &key, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, expected);
	if (strstr(err.message, words) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, words);
}

static void each_way_of_not_being_there_has_its_words(void **state)
{
	(void)state;
	device_errno = TPM_DEFAULT_DEVICE;
	device_number = ENOENT;
	expect_lack(NULL, KEY_LACK_ABSENT, "there is no /dev/tpmrm0");
	expect_lack("device:/dev/tpmrm0", KEY_LACK_BROKEN, "No such file");
	device_number = EACCES;
	expect_lack(NULL, KEY_LACK_REFUSED, "group tss");
	expect_lack("device:/dev/tpmrm0", KEY_LACK_REFUSED, "Permission denied");
	device_errno = NULL;
	expect_lack("no-such-module:x", KEY_LACK_ABSENT, "no TCTI module 'no-such-module'");
	expect_lack("swtpm:path=/nowhere/sock", KEY_LACK_BROKEN, "No such file");
	expect_lack("swtpm:host=127.0.0.1,port=1", KEY_LACK_BROKEN, "Connection refused");
	expect_lack("swtpm:path=", KEY_LACK_BROKEN, "path");
	expect_lack("device:/dev/null", KEY_LACK_BROKEN, "does not open it");
	expect_lack("", KEY_LACK_BROKEN, "not the address of a TPM");
}

/* ---- no memory ---- */

static void out_of_memory_is_told_and_leaves_nothing(void **state)
{
	unsigned nth = 0;
	bool done = false;

	(void)state;
	while (!done) {
		struct msiv2_error err = {0};
		struct key *key = NULL;
		enum key_lack lack;
		enum msiv2_rc rc;

		mem_fault_at(++nth);
		rc = hardware_bench_try(&place, &key, &lack, &err);
		done = !mem_fault_fired();
		mem_fault_at(0);
		assert_int_equal(rc, done ? MSIV2_OK : MSIV2_INTERNAL);
		key_free(key);
	}
	assert_true(nth > 2);
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
}

#define ON_TPM(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_TPM(a_locked_tpm_signs_and_makes_keys_all_the_same),
	        ON_TPM(an_owner_password_is_needed_to_make_a_key_not_to_use_it),
	        ON_TPM(a_moment_of_weakness_is_waited_out),
	        ON_TPM(a_lockout_is_a_refusal_and_no_reason_to_replace_the_key),
	        ON_TPM(each_way_of_not_being_there_has_its_words),
	        ON_TPM(out_of_memory_is_told_and_leaves_nothing),
	};

	return cmocka_run_group_tests_name("hardware_refusals", tests, NULL, NULL);
}
