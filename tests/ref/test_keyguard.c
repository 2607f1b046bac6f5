/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The keyguard provider over SoftHSM2: one key, found again, by threads and by processes. */
#include "tests/testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "common/x509.h"
#include "keyguard_bench.h"
#include "ref/keys/pkcs11_pin.h"
#include "softhsm_token.h"

#define COLD_THREADS   64
#define SIGN_THREADS   8
#define SIGNATURES     25
#define COLD_PROCESSES 8
#define LINE_SIZE      80

static struct softhsm_token token;

static int set_up(void **state)
{
	(void)state;
	softhsm_token_make(&token);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	softhsm_token_drop(&token);
	return 0;
}

static bool same_key(struct key *a, struct key *b)
{
	return EVP_PKEY_eq(key_public(a), key_public(b)) == 1;
}

static void a_new_key_is_rsa_2048_and_says_where_it_lives(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	struct key_description about;

	(void)state;
	assert_non_null(key);
	assert_int_equal(key_bits(key), 2048);
	assert_string_equal(key_kind(key), "keyguard");
	key_describe(key, &about);
	assert_non_null(strstr(about.location, "PKCS#11 token msiv2 (SoftHSM"));
	assert_non_null(strstr(about.location, "object msiv2"));
	assert_string_equal(about.protection, "always sensitive, never extractable, made inside");
	assert_true(about.persistent);
	assert_false(about.attestable);
}

static void every_digest_is_signed_with_either_padding(void **state)
{
	const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
	OWNED_STRUCT(key) *key = keyguard_bench_open();

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(digests); i++) {
		assert_true(keyguard_bench_signs(key, KEY_PADDING_PSS, digests[i], NULL));
		assert_true(keyguard_bench_signs(key, KEY_PADDING_PKCS1, digests[i], NULL));
	}
}

static void a_digest_it_cannot_sign_is_refused_by_name(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	uint8_t digest[32] = {0};
	uint8_t sig[KEY_RSA_BITS / 8];
	size_t sig_len = sizeof(sig);
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(key_sign(key, KEY_PADDING_PSS, EVP_sha3_256(), digest, sizeof(digest), sig,
	                          &sig_len, &err),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "SHA3-256"));
}

static void the_same_key_is_found_again(void **state)
{
	OWNED_STRUCT(key) *first = keyguard_bench_open();
	OWNED_STRUCT(key) *second = keyguard_bench_open();

	(void)state;
	assert_true(same_key(first, second));
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
	assert_int_equal(keyguard_bench_objects(), 1); /* no public object beside it */
}

static void another_name_is_another_key(void **state)
{
	const struct key_place place = {.name = "other", .clock = clock_system()};
	OWNED_STRUCT(key) *first = keyguard_bench_open();
	OWNED_STRUCT(key) *other = NULL;
	enum key_lack lack;

	(void)state;
	assert_int_equal(keyguard_bench_try(&place, &other, &lack, NULL), MSIV2_OK);
	assert_int_equal(lack, KEY_LACK_NONE);
	assert_false(same_key(first, other));
	assert_int_equal(keyguard_provider.remove(&place, NULL), MSIV2_OK);
	assert_int_equal(keyguard_bench_count("other"), 0);
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
	assert_int_equal(keyguard_provider.remove(&place, NULL), MSIV2_OK);
}

static void count_sign(void *ctx, bool step)
{
	int *signs = ctx;

	(void)step;
	(*signs)++;
}

/* LIFE-04: the making of a key takes long in some devices. */
static void the_caller_gives_signs_of_life_while_a_key_is_made(void **state)
{
	int signs = 0;
	const struct key_place place = {.clock = clock_system(), .lifesign = {count_sign, &signs}};
	OWNED_STRUCT(key) *key = NULL;
	enum key_lack lack;

	(void)state;
	assert_int_equal(keyguard_bench_try(&place, &key, &lack, NULL), MSIV2_OK);
	assert_true(signs > 0);
}

static void who_only_looks_finds_a_key_but_makes_none(void **state)
{
	const struct key_place place = {.existing = true, .clock = clock_system()};
	OWNED_STRUCT(key) *made = NULL;
	OWNED_STRUCT(key) *found = NULL;
	struct msiv2_error err = {0};
	enum key_lack lack;

	(void)state;
	assert_int_equal(keyguard_bench_try(&place, &found, &lack, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(lack, KEY_LACK_UNMADE);
	assert_non_null(strstr(err.message, "there is no key named \"msiv2\""));
	assert_int_equal(keyguard_bench_count("msiv2"), 0);
	made = keyguard_bench_open();
	assert_int_equal(keyguard_bench_try(&place, &found, &lack, NULL), MSIV2_OK);
	assert_int_equal(lack, KEY_LACK_NONE);
	assert_true(same_key(made, found));
}

static void thumbprint(struct key *key, char line[LINE_SIZE])
{
	unsigned char *der = NULL;
	unsigned char hash[32];
	int len = i2d_PUBKEY(key_public(key), &der);

	assert_true(len > 0);
	assert_int_equal(EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof(hash); i++)
		(void)snprintf(line + 2 * i, 3, "%02x", hash[i]);
	(void)snprintf(line + 64, 2, "\n");
}

static void the_next_process_finds_it_again(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	struct actor actor = keyguard_bench_start("3", -1);
	char ours[LINE_SIZE];
	char theirs[LINE_SIZE];

	(void)state;
	thumbprint(key, ours);
	assert_true(keyguard_bench_finish(&actor, theirs, sizeof(theirs)));
	assert_string_equal(ours, theirs);
	assert_true(keyguard_bench_signs(key, KEY_PADDING_PSS, EVP_sha256(), NULL));
}

/* ---- threads ---- */

struct starter {
	pthread_barrier_t *barrier;
	struct key *key;
};

static void *open_together(void *arg)
{
	struct starter *starter = arg;

	(void)pthread_barrier_wait(starter->barrier);
	starter->key = keyguard_bench_open();
	return NULL;
}

static void sixty_four_threads_starting_cold_make_one_key(void **state)
{
	pthread_t threads[COLD_THREADS];
	struct starter starters[COLD_THREADS];
	pthread_barrier_t barrier;

	(void)state;
	assert_int_equal(pthread_barrier_init(&barrier, NULL, COLD_THREADS), 0);
	for (int i = 0; i < COLD_THREADS; i++) {
		starters[i] = (struct starter){&barrier, NULL};
		assert_int_equal(pthread_create(&threads[i], NULL, open_together, &starters[i]), 0);
	}
	for (int i = 0; i < COLD_THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < COLD_THREADS; i++) {
		assert_non_null(starters[i].key);
		assert_true(same_key(starters[i].key, starters[0].key));
	}
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
	for (int i = 0; i < COLD_THREADS; i++)
		key_free(starters[i].key);
	(void)pthread_barrier_destroy(&barrier);
}

struct signer {
	struct key *key;
	unsigned failures;
};

static void *sign_often(void *arg)
{
	struct signer *signer = arg;

	for (int i = 0; i < SIGNATURES; i++) {
		if (!keyguard_bench_signs(signer->key,
		                          i % 2 == 0 ? KEY_PADDING_PSS : KEY_PADDING_PKCS1,
		                          EVP_sha256(), NULL))
			signer->failures++;
	}
	return NULL;
}

static void threads_sign_with_one_key_at_the_same_time(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	pthread_t threads[SIGN_THREADS];
	struct signer signers[SIGN_THREADS];

	(void)state;
	for (int i = 0; i < SIGN_THREADS; i++) {
		signers[i] = (struct signer){.key = key};
		assert_int_equal(pthread_create(&threads[i], NULL, sign_often, &signers[i]), 0);
	}
	for (int i = 0; i < SIGN_THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(signers[i].failures, 0);
	}
}

/* ---- processes ---- */

static void eight_processes_starting_cold_make_one_key(void **state)
{
	struct actor actors[COLD_PROCESSES];
	char lines[COLD_PROCESSES][LINE_SIZE];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (int i = 0; i < COLD_PROCESSES; i++)
		actors[i] = keyguard_bench_start("25", ends[0]);
	(void)close(ends[1]); /* the start signal */
	for (int i = 0; i < COLD_PROCESSES; i++)
		assert_true(keyguard_bench_finish(&actors[i], lines[i], sizeof(lines[i])));
	(void)close(ends[0]);
	for (int i = 1; i < COLD_PROCESSES; i++)
		assert_string_equal(lines[i], lines[0]);
	assert_int_equal(strlen(lines[0]), 65);
	assert_int_equal(keyguard_bench_count("msiv2"), 1);
}

/* What a forked child can do: with the parent's key nothing, with one of its own everything. */
static int child_of(struct key *inherited)
{
	struct msiv2_error err = {0};
	struct key *own = NULL;

	if (keyguard_bench_signs(inherited, KEY_PADDING_PSS, EVP_sha256(), &err) ||
	    strstr(err.message, "fork()") == NULL)
		return 10;
	own = keyguard_bench_open();
	if (own == NULL || !same_key(own, inherited))
		return 11;
	if (!keyguard_bench_signs(own, KEY_PADDING_PSS, EVP_sha256(), &err))
		return 12;
	key_free(own);
	key_free(inherited);
	return 0;
}

static void a_forked_child_is_told_and_can_open_the_key_itself(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	pid_t pid;
	int status = 0;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(child_of(key));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(keyguard_bench_signs(key, KEY_PADDING_PSS, EVP_sha256(), NULL));
}

/* ---- KEY-08 ---- */

static void after_a_reboot_the_container_holds_a_new_key_and_the_old_one_says_so(void **state)
{
	const struct key_place place = {.clock = clock_system()};
	OWNED_STRUCT(key) *before = keyguard_bench_open();
	OWNED_STRUCT(key) *after = NULL;
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(keyguard_provider.remove(&place, NULL), MSIV2_OK);
	after = keyguard_bench_open();
	assert_false(same_key(before, after));
	assert_true(keyguard_bench_signs(after, KEY_PADDING_PSS, EVP_sha256(), NULL));
	assert_false(keyguard_bench_signs(before, KEY_PADDING_PSS, EVP_sha256(), &err));
	assert_int_equal(err.rc, MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(err.message, "no longer in it"));
}

static enum msiv2_rc name_of(const char *label, struct bytes *out, struct msiv2_error *err)
{
	const struct key_place place = {.token_label = label, .clock = clock_system()};

	bytes_clear(out);
	return keyguard_provider.device(&place, clock_deadline_us(clock_system(), 20000), out, err);
}

static void a_token_is_told_from_another_by_label_and_serial_number(void **state)
{
	OWNED_STRUCT(key) *key = keyguard_bench_open();
	const struct key_place place = {.clock = clock_system()};
	OWNED_STRUCT(bytes) name = {0};
	OWNED_STRUCT(bytes) again = {0};
	struct msiv2_error err = {0};

	(void)state;
	assert_non_null(key);
	assert_int_equal(name_of(NULL, &name, NULL), MSIV2_OK);
	assert_true(text_starts(bytes_text(&name), "pkcs11:token=msiv2;serial="));
	assert_true(name.len > strlen("pkcs11:token=msiv2;serial="));
	assert_int_equal(keyguard_provider.remove(&place, NULL), MSIV2_OK);
	assert_int_equal(name_of(NULL, &again, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&again), bytes_text(&name));
	softhsm_token_init("a;b c", false);
	assert_int_equal(name_of("a;b c", &again, NULL), MSIV2_OK);
	assert_true(text_starts(bytes_text(&again), "pkcs11:token=a%3Bb%20c;serial="));
	assert_int_equal(name_of("nobody", &again, &err), MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(again.len, 0);
	assert_non_null(strstr(err.message, "there is no such token"));
}

static void the_pin_may_come_from_a_file(void **state)
{
	char path[128];
	struct key_place place = {.clock = clock_system(), .pin_file = path};
	OWNED_STRUCT(key) *key = NULL;
	enum key_lack lack;
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/pin", token.dir);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(SOFTHSM_PIN "\r\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(unsetenv(PKCS11_PIN_VARIABLE), 0);
	assert_int_equal(keyguard_bench_try(&place, &key, &lack, NULL), MSIV2_OK);
	assert_true(keyguard_bench_signs(key, KEY_PADDING_PSS, EVP_sha256(), NULL));
}

#define WITH_TOKEN(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_TOKEN(a_new_key_is_rsa_2048_and_says_where_it_lives),
	        WITH_TOKEN(every_digest_is_signed_with_either_padding),
	        WITH_TOKEN(a_digest_it_cannot_sign_is_refused_by_name),
	        WITH_TOKEN(the_same_key_is_found_again),
	        WITH_TOKEN(another_name_is_another_key),
	        WITH_TOKEN(the_caller_gives_signs_of_life_while_a_key_is_made),
	        WITH_TOKEN(who_only_looks_finds_a_key_but_makes_none),
	        WITH_TOKEN(the_next_process_finds_it_again),
	        WITH_TOKEN(sixty_four_threads_starting_cold_make_one_key),
	        WITH_TOKEN(threads_sign_with_one_key_at_the_same_time),
	        WITH_TOKEN(eight_processes_starting_cold_make_one_key),
	        WITH_TOKEN(a_forked_child_is_told_and_can_open_the_key_itself),
	        WITH_TOKEN(after_a_reboot_the_container_holds_a_new_key_and_the_old_one_says_so),
	        WITH_TOKEN(a_token_is_told_from_another_by_label_and_serial_number),
	        WITH_TOKEN(the_pin_may_come_from_a_file),
	};

	return cmocka_run_group_tests_name("keyguard", tests, NULL, NULL);
}
