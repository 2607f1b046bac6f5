/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/world_clock.h"
#include "tests/testing.h"

/* A base clock that a test moves by hand; waiting moves it too. */
struct hand_clock {
	int64_t now_s;
	int64_t mono_us;
	int64_t waited_us;
};

static int64_t hand_now_s(void *ctx)
{
	return ((struct hand_clock *)ctx)->now_s;
}

static int64_t hand_mono_us(void *ctx)
{
	return ((struct hand_clock *)ctx)->mono_us;
}

static void hand_wait_us(void *ctx, int64_t wait_us)
{
	((struct hand_clock *)ctx)->waited_us += wait_us;
}

struct fixture {
	struct hand_clock hand;
	struct msiv2_clock base;
	struct world_clock clock;
};

static void begin(struct fixture *f, int64_t base_s, int64_t offset_s, bool frozen)
{
	*f = (struct fixture){.hand.now_s = base_s};
	f->base = (struct msiv2_clock){hand_now_s, hand_mono_us, hand_wait_us, &f->hand};
	world_clock_init(&f->clock, &f->base, offset_s, frozen);
}

static void it_runs_with_its_base(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000, 50, false);
	assert_int_equal(world_clock_now_s(&f.clock), 1050);
	f.hand.now_s += 7;
	assert_int_equal(world_clock_now_s(&f.clock), 1057);
	world_clock_free(&f.clock);
}

static void it_advances_and_goes_back(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000, 0, false);
	assert_int_equal(world_clock_advance(&f.clock, 604800, NULL), MSIV2_OK);
	assert_int_equal(world_clock_now_s(&f.clock), 605800);
	assert_int_equal(world_clock_advance(&f.clock, -605000, NULL), MSIV2_OK);
	assert_int_equal(world_clock_now_s(&f.clock), 800);
	assert_int_equal(world_clock_look(&f.clock).offset_s, -200);
	world_clock_free(&f.clock);
}

static void set_goes_on_from_there(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000, 0, false);
	assert_int_equal(world_clock_set(&f.clock, 5000, NULL), MSIV2_OK);
	f.hand.now_s += 3;
	assert_int_equal(world_clock_now_s(&f.clock), 5003);
	world_clock_free(&f.clock);
}

static void a_frozen_clock_stands_still_and_thaws_where_it_stands(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000, 10, false);
	world_clock_freeze(&f.clock, true);
	f.hand.now_s += 100;
	assert_int_equal(world_clock_now_s(&f.clock), 1010);
	assert_true(world_clock_look(&f.clock).frozen);
	world_clock_freeze(&f.clock, true); /* again changes nothing */
	assert_int_equal(world_clock_advance(&f.clock, 5, NULL), MSIV2_OK);
	assert_int_equal(world_clock_now_s(&f.clock), 1015);
	world_clock_freeze(&f.clock, false);
	assert_int_equal(world_clock_now_s(&f.clock), 1015);
	f.hand.now_s += 2;
	assert_int_equal(world_clock_now_s(&f.clock), 1017);
	world_clock_freeze(&f.clock, false);
	assert_int_equal(world_clock_now_s(&f.clock), 1017);
	world_clock_free(&f.clock);
}

static void leaving_the_range_is_refused_and_moves_nothing(void **state)
{
	struct fixture f;
	struct msiv2_error err = {0};

	(void)state;
	begin(&f, 1000, 0, false);
	assert_int_equal(world_clock_advance(&f.clock, -1001, &err), MSIV2_CONFIG);
	assert_string_equal(msiv2_error_where(&err), "clock");
	assert_int_equal(world_clock_advance(&f.clock, INT64_MAX, NULL), MSIV2_CONFIG);
	assert_int_equal(world_clock_set(&f.clock, -1, NULL), MSIV2_CONFIG);
	assert_int_equal(world_clock_set(&f.clock, WORLD_CLOCK_MAX_S + 1, NULL), MSIV2_CONFIG);
	assert_int_equal(world_clock_now_s(&f.clock), 1000);
	assert_int_equal(world_clock_set(&f.clock, WORLD_CLOCK_MAX_S, NULL), MSIV2_OK);
	f.hand.now_s += 10;
	assert_int_equal(world_clock_now_s(&f.clock), WORLD_CLOCK_MAX_S);
	world_clock_free(&f.clock);
}

static void a_start_out_of_range_is_clamped(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000, -5000, false);
	assert_int_equal(world_clock_now_s(&f.clock), 0);
	world_clock_free(&f.clock);
	begin(&f, 1000, INT64_MAX, false);
	assert_int_equal(world_clock_now_s(&f.clock), WORLD_CLOCK_MAX_S);
	world_clock_free(&f.clock);
}

static void reset_brings_the_start_back(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000, 5, true);
	f.hand.now_s = 2000;
	assert_int_equal(world_clock_now_s(&f.clock), 1005);
	world_clock_freeze(&f.clock, false);
	assert_int_equal(world_clock_advance(&f.clock, 77, NULL), MSIV2_OK);
	world_clock_reset(&f.clock);
	assert_int_equal(world_clock_now_s(&f.clock), 2005);
	f.hand.now_s = 3000;
	assert_int_equal(world_clock_now_s(&f.clock), 2005);
	world_clock_free(&f.clock);
}

static void the_view_tells_world_time_and_base_monotonic_time(void **state)
{
	struct fixture f;
	const struct msiv2_clock *view;

	(void)state;
	begin(&f, 1000, 5, false);
	f.hand.mono_us = 42;
	view = world_clock_view(&f.clock);
	assert_int_equal(clock_now_s(view), 1005);
	assert_int_equal(clock_mono_us(view), 42);
	clock_wait_us(view, 10);
	assert_int_equal(f.hand.waited_us, 10);
	world_clock_freeze(&f.clock, true);
	clock_wait_us(view, 10);
	assert_int_equal(f.hand.waited_us, 10);
	world_clock_free(&f.clock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_runs_with_its_base),
	        cmocka_unit_test(it_advances_and_goes_back),
	        cmocka_unit_test(set_goes_on_from_there),
	        cmocka_unit_test(a_frozen_clock_stands_still_and_thaws_where_it_stands),
	        cmocka_unit_test(leaving_the_range_is_refused_and_moves_nothing),
	        cmocka_unit_test(a_start_out_of_range_is_clamped),
	        cmocka_unit_test(reset_brings_the_start_back),
	        cmocka_unit_test(the_view_tells_world_time_and_base_monotonic_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
