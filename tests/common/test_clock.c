/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "common/clock.h"

static int64_t fixed_mono(void *ctx)
{
	return *(int64_t *)ctx;
}

static int64_t fixed_now(void *ctx)
{
	(void)ctx;
	return 1000;
}

static void advance(void *ctx, int64_t wait_us)
{
	*(int64_t *)ctx += wait_us;
}

static void deadlines_count_down_and_stop_at_zero(void **state)
{
	int64_t mono = 5000000;
	struct msiv2_clock clock = {fixed_now, fixed_mono, advance, &mono};
	int64_t deadline = clock_deadline_us(&clock, 10);

	(void)state;
	assert_int_equal(clock_left_us(&clock, deadline), 10000);
	clock_wait_us(&clock, 4000);
	assert_int_equal(clock_left_us(&clock, deadline), 6000);
	clock_wait_us(&clock, 7000);
	assert_int_equal(clock_left_us(&clock, deadline), 0);
	clock_wait_us(&clock, 0);
	clock_wait_us(&clock, -5);
	assert_int_equal(mono, 5011000);
}

static void no_deadline_and_one_too_far_are_never(void **state)
{
	int64_t mono = 1;
	struct msiv2_clock clock = {fixed_now, fixed_mono, advance, &mono};

	(void)state;
	assert_true(clock_deadline_us(&clock, -1) == CLOCK_NEVER);
	assert_true(clock_deadline_us(&clock, INT64_MAX) == CLOCK_NEVER);
	assert_true(clock_left_us(&clock, CLOCK_NEVER) == CLOCK_NEVER);
}

static void the_system_clock_moves_forward(void **state)
{
	const struct msiv2_clock *clock = clock_system();
	int64_t before = clock_mono_us(clock);

	(void)state;
	clock_wait_us(clock, 2000);
	assert_true(clock_mono_us(clock) - before >= 2000);
	assert_true(clock_now_s(clock) > 1700000000);
}

static void times_are_written_in_utc(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	clock_format_utc(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	clock_format_utc(1795230000, text);
	assert_string_equal(text, "2026-11-21T03:00:00Z");
	clock_format_utc(INT64_MAX, text);
	assert_string_equal(text, "?");
	clock_format_utc(INT64_MIN, text);
	assert_string_equal(text, "?");
}

static void times_are_written_as_http_wants_them(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	clock_format_http(0, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	clock_format_http(1795230000, text);
	assert_string_equal(text, "Sat, 21 Nov 2026 03:00:00 GMT");
	clock_format_http(253402300799, text);
	assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	clock_format_http(INT64_MAX, text);
	assert_string_equal(text, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(deadlines_count_down_and_stop_at_zero),
	        cmocka_unit_test(no_deadline_and_one_too_far_are_never),
	        cmocka_unit_test(the_system_clock_moves_forward),
	        cmocka_unit_test(times_are_written_in_utc),
	        cmocka_unit_test(times_are_written_as_http_wants_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
