/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/rate_limits.h"
#include "faults.h"
#include "tests/testing.h"

#define SECOND INT64_C(1000000)

static struct rate_limits *limits;

static int make(void **state)
{
	(void)state;
	return rate_limits_new(&limits, NULL) == MSIV2_OK ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	rate_limits_free(limits);
	return 0;
}

static enum rate_verdict begin(const char *host, int64_t requests_per_s, int64_t concurrent,
                               int64_t mono_us)
{
	const struct rate_limit limit = {requests_per_s, concurrent};

	return rate_limits_begin(limits, host, &limit, mono_us);
}

/* One whole request. */
static enum rate_verdict pass(const char *host, int64_t requests_per_s, int64_t mono_us)
{
	enum rate_verdict verdict = begin(host, requests_per_s, 5, mono_us);

	if (verdict == RATE_TAKEN)
		rate_limits_end(limits, host);
	return verdict;
}

static void no_second_has_more_than_the_limit(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(pass("a", 20, i * SECOND / 25), RATE_TAKEN);
	assert_int_equal(pass("a", 20, SECOND - 1), RATE_TOO_FAST);
	/* The first one is a second old, the second is not. */
	assert_int_equal(pass("a", 20, SECOND), RATE_TAKEN);
	assert_int_equal(pass("a", 20, SECOND), RATE_TOO_FAST);
	assert_int_equal(pass("a", 20, SECOND + SECOND / 25), RATE_TAKEN);
}

static void what_is_refused_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(pass("a", 1, 0), RATE_TAKEN);
	for (int i = 0; i < 100; i++)
		assert_int_equal(pass("a", 1, SECOND - 1), RATE_TOO_FAST);
	assert_int_equal(pass("a", 1, SECOND), RATE_TAKEN);
}

static void no_more_are_under_way_than_the_limit(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(begin("a", 20, 5, 0), RATE_TAKEN);
	assert_int_equal(begin("a", 20, 5, 0), RATE_TOO_MANY);
	rate_limits_end(limits, "a");
	assert_int_equal(begin("a", 20, 5, 0), RATE_TAKEN);
	assert_int_equal(begin("a", 20, 5, 0), RATE_TOO_MANY);
}

static void hosts_are_counted_apart_and_forgotten_when_idle(void **state)
{
	(void)state;
	assert_int_equal(pass("a", 1, 0), RATE_TAKEN);
	assert_int_equal(pass("b", 1, 0), RATE_TAKEN);
	assert_int_equal(pass("a", 1, 1), RATE_TOO_FAST);
	/* Another host clears away what no longer counts, and only that. */
	assert_int_equal(begin("b", 1, 5, SECOND), RATE_TAKEN);
	assert_int_equal(pass("c", 1, SECOND), RATE_TAKEN);
	assert_int_equal(begin("b", 1, 1, 3 * SECOND), RATE_TOO_MANY);
}

static void the_largest_limit_is_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * RATE_MAX; i++)
		assert_int_equal(pass("a", RATE_MAX, i * SECOND / RATE_MAX), RATE_TAKEN);
	assert_int_equal(pass("a", RATE_MAX, 3 * SECOND - SECOND / RATE_MAX), RATE_TOO_FAST);
}

static void memory_that_runs_out_counts_nothing(void **state)
{
	struct rate_limits *none = NULL;

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		fault_at(FAULT_MEMORY, nth);
		assert_int_equal(begin("a", 1, 1, 0), RATE_OUT_OF_ROOM);
		assert_true(fault_disarm());
	}
	fault_at(FAULT_MEMORY, 1);
	assert_int_equal(rate_limits_new(&none, NULL), MSIV2_INTERNAL);
	assert_true(fault_disarm());
	rate_limits_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(no_second_has_more_than_the_limit),
	        TEST(what_is_refused_does_not_count),
	        TEST(no_more_are_under_way_than_the_limit),
	        TEST(hosts_are_counted_apart_and_forgotten_when_idle),
	        TEST(the_largest_limit_is_kept),
	        TEST(memory_that_runs_out_counts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
