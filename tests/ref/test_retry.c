/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The retry policies, status by status (NET-01, NET-02). */
#include "tests/testing.h"

#include "common/clock.h"
#include "common/text.h"
#include "ref/net/retry.h"

#define S CLOCK_US_PER_S

/* Waits for the same answer over and over, until the policy stops. */
static size_t waits_for(enum retry_policy policy, int status, int64_t retry_after_s,
                        int64_t waits_us[16])
{
	struct retry_history history = {0};
	size_t count = 0;

	for (;;) {
		int64_t wait_us = retry_next_us(policy, &history, status, retry_after_s);

		if (wait_us == RETRY_STOP)
			return count;
		assert_true(count < 16);
		waits_us[count++] = wait_us;
	}
}

static bool imds_retries(int status)
{
	return status == 404 || status == 408 || status == 410 || status == 429 ||
	       (status >= 500 && status <= 599);
}

static void imds_is_asked_again_for_exactly_these_statuses(void **state)
{
	int64_t waits_us[16];

	(void)state;
	for (int status = 0; status <= 700; status++) {
		size_t count = waits_for(RETRY_IMDS, status, RETRY_NO_RETRY_AFTER, waits_us);

		assert_int_equal(count, !imds_retries(status) ? 0 : status == 410 ? 7 : 3);
	}
}

static void a_probe_takes_404_for_an_answer_and_is_otherwise_the_same(void **state)
{
	int64_t waits_us[16];

	(void)state;
	for (int status = 0; status <= 700; status++) {
		size_t count = waits_for(RETRY_PROBE, status, RETRY_NO_RETRY_AFTER, waits_us);
		bool retried = imds_retries(status) && status != 404;

		assert_int_equal(count, !retried ? 0 : status == 410 ? 7 : 3);
	}
}

static void the_token_service_is_asked_once_more_for_5xx_only(void **state)
{
	int64_t waits_us[16];

	(void)state;
	for (int status = 0; status <= 700; status++) {
		size_t count = waits_for(RETRY_TOKEN, status, RETRY_NO_RETRY_AFTER, waits_us);

		assert_int_equal(count, status >= 500 && status <= 599 ? 1 : 0);
	}
	assert_int_equal(waits_us[0], S);
}

static void imds_waits_one_two_and_four_seconds(void **state)
{
	int64_t waits_us[16];

	(void)state;
	assert_int_equal(waits_for(RETRY_IMDS, 503, RETRY_NO_RETRY_AFTER, waits_us), 3);
	assert_int_equal(waits_us[0], 1 * S);
	assert_int_equal(waits_us[1], 2 * S);
	assert_int_equal(waits_us[2], 4 * S);
}

static void a_first_410_means_seven_waits_of_ten_seconds(void **state)
{
	int64_t waits_us[16];

	(void)state;
	assert_int_equal(waits_for(RETRY_IMDS, 410, RETRY_NO_RETRY_AFTER, waits_us), 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(waits_us[i], 10 * S);
}

static void the_first_answer_alone_decides_for_the_slow_schedule(void **state)
{
	struct retry_history after_410 = {0};
	struct retry_history after_500 = {0};

	(void)state;
	assert_int_equal(retry_next_us(RETRY_IMDS, &after_410, 410, -1), 10 * S);
	assert_int_equal(retry_next_us(RETRY_IMDS, &after_410, 500, -1), 10 * S);
	assert_int_equal(retry_next_us(RETRY_IMDS, &after_500, 500, -1), 1 * S);
	assert_int_equal(retry_next_us(RETRY_IMDS, &after_500, 410, -1), 2 * S);
	assert_int_equal(retry_next_us(RETRY_IMDS, &after_500, 410, -1), 4 * S);
	assert_int_equal(retry_next_us(RETRY_IMDS, &after_500, 410, -1), RETRY_STOP);
}

static void a_good_answer_after_retries_stops_them(void **state)
{
	struct retry_history history = {0};

	(void)state;
	assert_int_equal(retry_next_us(RETRY_IMDS, &history, 429, -1), S);
	assert_int_equal(retry_next_us(RETRY_IMDS, &history, 200, -1), RETRY_STOP);
}

static void retry_after_is_the_least_imds_waits(void **state)
{
	static const struct {
		int64_t retry_after_s, wait_us;
	} rows[] = {{0, S}, {1, S}, {2, 2 * S}, {30, 30 * S}, {INT64_MAX, CLOCK_NEVER}};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		struct retry_history history = {0};

		assert_int_equal(retry_next_us(RETRY_IMDS, &history, 429, rows[i].retry_after_s),
		                 rows[i].wait_us);
	}
}

static void retry_after_keeps_the_token_service_from_being_asked_again(void **state)
{
	struct retry_history history = {0};

	(void)state;
	assert_int_equal(retry_next_us(RETRY_TOKEN, &history, 503, 0), RETRY_STOP);
	assert_int_equal(retry_next_us(RETRY_TOKEN, &history, 503, 1), RETRY_STOP);
	assert_int_equal(history.retries, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(imds_is_asked_again_for_exactly_these_statuses),
	        cmocka_unit_test(a_probe_takes_404_for_an_answer_and_is_otherwise_the_same),
	        cmocka_unit_test(the_token_service_is_asked_once_more_for_5xx_only),
	        cmocka_unit_test(imds_waits_one_two_and_four_seconds),
	        cmocka_unit_test(a_first_410_means_seven_waits_of_ten_seconds),
	        cmocka_unit_test(the_first_answer_alone_decides_for_the_slow_schedule),
	        cmocka_unit_test(a_good_answer_after_retries_stops_them),
	        cmocka_unit_test(retry_after_is_the_least_imds_waits),
	        cmocka_unit_test(retry_after_keeps_the_token_service_from_being_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
