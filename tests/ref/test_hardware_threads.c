/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One TPM, many who want it: threads and processes, cold and warm (KEY-04). */
#include "tests/testing.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hardware_bench.h"
#include "ref/keys/key.h"

#define THREADS   64
#define PROCESSES 4

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

static void *open_cold(void *out)
{
	struct key **key = out;

	*key = hardware_bench_open(&place);
	return NULL;
}

static void many_threads_and_a_cold_tpm_make_one_key(void **state)
{
	pthread_t threads[THREADS];
	struct key *keys[THREADS] = {NULL};

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_cold, &keys[i]), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_non_null(keys[i]);
		assert_int_equal(EVP_PKEY_eq(key_public(keys[0]), key_public(keys[i])), 1);
	}
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), 1);
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
	for (int i = 0; i < THREADS; i++)
		key_free(keys[i]);
}

struct signers {
	struct key *key;
	atomic_uint right;
};

static void *sign_some(void *ctx)
{
	struct signers *signers = ctx;

	for (int i = 0; i < 4; i++)
		if (hardware_bench_signs(signers->key,
		                         i % 2 == 0 ? KEY_PADDING_PSS : KEY_PADDING_PKCS1,
		                         EVP_sha256()))
			atomic_fetch_add(&signers->right, 1);
	return NULL;
}

static void many_threads_share_one_key(void **state)
{
	struct signers signers = {.key = hardware_bench_open(&place)};
	pthread_t threads[16];

	(void)state;
	assert_non_null(signers.key);
	for (int i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_some, &signers), 0);
	for (int i = 0; i < 16; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&signers.right), 16 * 4);
	key_free(signers.key);
}

/* What each process does: opens, signs, opens again. Never returns. */
static void work(int go)
{
	struct key *key;
	char byte;
	bool well;

	(void)!read(go, &byte, 1); /* ends when the parent lets all go at once */
	key = hardware_bench_open(&place);
	well = key != NULL;
	for (int i = 0; well && i < 25; i++)
		well = hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256());
	_exit(well ? 0 : 1);
}

static void several_processes_at_once_make_one_key_and_sign_without_failing(void **state)
{
	pid_t pids[PROCESSES];
	int go[2];

	(void)state;
	assert_int_equal(pipe(go), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			(void)close(go[1]);
			work(go[0]);
		}
		assert_true(pids[i] > 0);
	}
	(void)close(go[0]);
	(void)close(go[1]);
	for (int i = 0; i < PROCESSES; i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_int_equal(foreign_count(&swtpm, FIRST_PERSISTENT), 1);
	assert_int_equal(foreign_count(&swtpm, FIRST_TRANSIENT), 0);
}

/* A client that holds a key must not keep the TPM: a swtpm serves one connection at a time. */
static void a_key_in_use_keeps_nobody_out(void **state)
{
	struct key *key = hardware_bench_open(&place);
	struct key *other;

	(void)state;
	assert_non_null(key);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	place.name = "another";
	other = hardware_bench_open(&place);
	assert_non_null(other);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	assert_true(hardware_bench_signs(other, KEY_PADDING_PSS, EVP_sha256()));
	key_free(other);
	key_free(key);
}

static void a_child_goes_on_with_its_parents_key(void **state)
{
	struct key *key = hardware_bench_open(&place);
	pid_t pid;
	int status = 0;

	(void)state;
	assert_non_null(key);
	pid = fork();
	if (pid == 0)
		_exit(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()) ? 0 : 1);
	assert_true(hardware_bench_signs(key, KEY_PADDING_PSS, EVP_sha256()));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	key_free(key);
}

#define ON_TPM(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_TPM(several_processes_at_once_make_one_key_and_sign_without_failing),
	        ON_TPM(many_threads_and_a_cold_tpm_make_one_key),
	        ON_TPM(many_threads_share_one_key),
	        ON_TPM(a_key_in_use_keeps_nobody_out),
	        ON_TPM(a_child_goes_on_with_its_parents_key),
	};

	return cmocka_run_group_tests_name("hardware_threads", tests, NULL, NULL);
}
