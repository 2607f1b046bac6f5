/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* ATT-03: nonces are good once and not for long. ATT-06: what is remembered of a certificate. */
#include "tests/testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "emulator/attestations.h"
#include "emulator/nonces.h"
#include "faults.h"

#define NOW_S INT64_C(1795230000)

static void a_nonce_is_good_once(void **state)
{
	OWNED_STRUCT(nonces) *nonces = NULL;
	uint8_t nonce[NONCE_LEN];

	(void)state;
	assert_int_equal(nonces_new(rng_system(), &nonces, NULL), MSIV2_OK);
	assert_int_equal(nonces_give(nonces, NOW_S, nonce, NULL), MSIV2_OK);
	assert_null(nonces_use(nonces, nonce, NOW_S));
	assert_string_equal(nonces_use(nonces, nonce, NOW_S), "used before");
	nonce[31] ^= 1;
	assert_string_equal(nonces_use(nonces, nonce, NOW_S), "unknown");
}

static void a_nonce_ends_after_five_minutes(void **state)
{
	static const struct {
		int64_t later_s;
		const char *fault;
	} rows[] = {{0, NULL}, {300, NULL}, {301, "expired"}, {86400, "expired"}, {-1, "expired"}};
	OWNED_STRUCT(nonces) *nonces = NULL;

	(void)state;
	assert_int_equal(nonces_new(rng_system(), &nonces, NULL), MSIV2_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t nonce[NONCE_LEN];
		const char *fault;

		assert_int_equal(nonces_give(nonces, NOW_S, nonce, NULL), MSIV2_OK);
		fault = nonces_use(nonces, nonce, NOW_S + rows[i].later_s);
		if (rows[i].fault)
			assert_string_equal(fault, rows[i].fault);
		else
			assert_null(fault);
		/* An expired one was used by that, too. */
		assert_string_equal(nonces_use(nonces, nonce, NOW_S), "used before");
	}
}

static void the_oldest_nonces_are_forgotten(void **state)
{
	OWNED_STRUCT(nonces) *nonces = NULL;
	uint8_t oldest[NONCE_LEN], second[NONCE_LEN], more[NONCE_LEN];

	(void)state;
	assert_int_equal(nonces_new(rng_system(), &nonces, NULL), MSIV2_OK);
	assert_int_equal(nonces_give(nonces, NOW_S, oldest, NULL), MSIV2_OK);
	assert_int_equal(nonces_give(nonces, NOW_S, second, NULL), MSIV2_OK);
	for (int i = 0; i < NONCES_MAX - 1; i++)
		assert_int_equal(nonces_give(nonces, NOW_S, more, NULL), MSIV2_OK);
	assert_string_equal(nonces_use(nonces, oldest, NOW_S), "unknown");
	assert_null(nonces_use(nonces, second, NOW_S));
	assert_null(nonces_use(nonces, more, NOW_S));
	nonces_reset(nonces);
	assert_string_equal(nonces_use(nonces, more, NOW_S), "unknown");
}

static bool no_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	(void)out;
	(void)n;
	return false;
}

static void without_randomness_there_is_no_nonce(void **state)
{
	static const struct rng dry = {no_fill, NULL};
	OWNED_STRUCT(nonces) *nonces = NULL;
	uint8_t nonce[NONCE_LEN];

	(void)state;
	assert_int_equal(nonces_new(&dry, &nonces, NULL), MSIV2_OK);
	assert_int_equal(nonces_give(nonces, NOW_S, nonce, NULL), MSIV2_INTERNAL);
}

struct thief {
	struct nonces *nonces;
	const uint8_t *nonce;
	atomic_int *wins;
};

static void *steal_it(void *arg)
{
	struct thief *thief = arg;

	if (nonces_use(thief->nonces, thief->nonce, NOW_S) == NULL)
		atomic_fetch_add(thief->wins, 1);
	return NULL;
}

static void of_many_threads_one_uses_it(void **state)
{
	enum { THREADS = 8 };
	OWNED_STRUCT(nonces) *nonces = NULL;
	pthread_t threads[THREADS];
	uint8_t nonce[NONCE_LEN];
	atomic_int wins = 0;
	struct thief thief;

	(void)state;
	assert_int_equal(nonces_new(rng_system(), &nonces, NULL), MSIV2_OK);
	assert_int_equal(nonces_give(nonces, NOW_S, nonce, NULL), MSIV2_OK);
	thief = (struct thief){nonces, nonce, &wins};
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, steal_it, &thief), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(wins, 1);
}

static void faults_are_remembered_by_certificate(void **state)
{
	OWNED_STRUCT(attestations) *attestations = NULL;
	uint8_t one[X509_SHA256_LEN] = {1}, two[X509_SHA256_LEN] = {2}, none[X509_SHA256_LEN] = {3};

	(void)state;
	assert_int_equal(attestations_new(&attestations, NULL), MSIV2_OK);
	attestations_add(attestations, one, 5);
	attestations_add(attestations, two, 32);
	attestations_add(attestations, none, 0);
	assert_int_equal(attestations_faults(attestations, one), 5);
	assert_int_equal(attestations_faults(attestations, two), 32);
	assert_int_equal(attestations_faults(attestations, none), 0);
	for (unsigned i = 0; i < ATTESTATIONS_MAX - 1; i++) {
		uint8_t more[X509_SHA256_LEN] = {4, (uint8_t)i, (uint8_t)(i >> 8)};

		attestations_add(attestations, more, 1);
	}
	assert_int_equal(attestations_faults(attestations, one), 0);
	assert_int_equal(attestations_faults(attestations, two), 32);
	attestations_reset(attestations);
	assert_int_equal(attestations_faults(attestations, two), 0);
}

static void making_them_may_run_out_of_memory(void **state)
{
	struct nonces *nonces = NULL;
	struct attestations *attestations = NULL;

	(void)state;
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(nonces_new(rng_system(), &nonces, NULL), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(attestations_new(&attestations, NULL), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	assert_null(nonces);
	assert_null(attestations);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_nonce_is_good_once),
	        TEST(a_nonce_ends_after_five_minutes),
	        TEST(the_oldest_nonces_are_forgotten),
	        TEST(without_randomness_there_is_no_nonce),
	        TEST(of_many_threads_one_uses_it),
	        TEST(faults_are_remembered_by_certificate),
	        TEST(making_them_may_run_out_of_memory),
	};

	return cmocka_run_group_tests_name("nonces", tests, NULL, NULL);
}
