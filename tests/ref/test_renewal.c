/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* When a certificate is renewed (LIFE-02, STORE-05): the policy as a table. */
#include "tests/testing.h"

#include "common/clock.h"
#include "common/text.h"
#include "ref/renewal.h"

#define DAY_S   INT64_C(86400)
#define START_S INT64_C(1763700000)

static void a_week_is_fresh_for_half_due_until_the_last_day_and_then_stale(void **state)
{
	static const struct {
		int64_t age_s;
		enum renewal_age age;
	} rows[] = {
	        {-DAY_S, RENEWAL_FRESH}, /* the clock was set back */
	        {0, RENEWAL_FRESH},           {7 * DAY_S / 2 - 1, RENEWAL_FRESH},
	        {7 * DAY_S / 2, RENEWAL_DUE}, {6 * DAY_S - 1, RENEWAL_DUE},
	        {6 * DAY_S, RENEWAL_STALE}, /* exactly 24 h left */
	        {7 * DAY_S, RENEWAL_STALE},   {70 * DAY_S, RENEWAL_STALE},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		assert_int_equal(renewal_age(START_S, START_S + 7 * DAY_S, START_S + rows[i].age_s),
		                 rows[i].age);
	assert_int_equal(renewal_due_at_s(START_S, START_S + 7 * DAY_S), START_S + 7 * DAY_S / 2);
}

/* A certificate of two days or less is stale before it is due. */
static void a_short_life_has_no_second_half(void **state)
{
	(void)state;
	assert_int_equal(renewal_age(START_S, START_S + 2 * DAY_S, START_S + DAY_S - 1),
	                 RENEWAL_FRESH);
	assert_int_equal(renewal_age(START_S, START_S + 2 * DAY_S, START_S + DAY_S), RENEWAL_STALE);
	assert_int_equal(renewal_age(START_S, START_S + DAY_S + 60, START_S + 59), RENEWAL_FRESH);
	assert_int_equal(renewal_age(START_S, START_S + DAY_S + 60, START_S + 60), RENEWAL_STALE);
	assert_int_equal(renewal_age(START_S, START_S + DAY_S, START_S), RENEWAL_STALE);
	assert_int_equal(renewal_due_at_s(START_S, START_S + DAY_S + 60), START_S + 60);
}

static void ages_have_names(void **state)
{
	(void)state;
	assert_string_equal(renewal_age_name(RENEWAL_FRESH), "fresh");
	assert_string_equal(renewal_age_name(RENEWAL_DUE), "due");
	assert_string_equal(renewal_age_name(RENEWAL_STALE), "stale");
}

static void pauses_grow_to_an_hour_and_jitter_takes_at_most_half(void **state)
{
	static const int64_t most_s[] = {60, 300, 900, 3600, 3600, 3600};

	(void)state;
	for (unsigned i = 0; i < TEXT_COUNT(most_s); i++) {
		assert_int_equal(renewal_pause_s(i + 1, 0), most_s[i]);
		assert_int_equal(renewal_pause_s(i + 1, (uint64_t)most_s[i] / 2), most_s[i] / 2);
		assert_int_equal(renewal_pause_s(i + 1, (uint64_t)most_s[i] / 2 + 1), most_s[i]);
		for (uint64_t jitter = 0; jitter < 5000; jitter += 7)
			assert_in_range(renewal_pause_s(i + 1, jitter), most_s[i] / 2, most_s[i]);
	}
	assert_in_range(renewal_pause_s(1, UINT64_MAX), 30, 60);
	assert_int_equal(renewal_pause_s(0, 0), 60);
	assert_int_equal(renewal_pause_s(UINT32_MAX, 0), RENEWAL_PAUSE_LONGEST);
}

static void the_first_try_is_free_and_the_next_comes_after_the_pause(void **state)
{
	struct renewal_tries tries = {0};

	(void)state;
	assert_true(renewal_may_try(&tries, START_S, 5));
	renewal_tried(&tries, START_S, 5, 0);
	assert_false(renewal_may_try(&tries, START_S, 5));
	assert_false(renewal_may_try(&tries, START_S + 59, 5 + 59 * CLOCK_US_PER_S));
	assert_true(renewal_may_try(&tries, START_S + 60, 5));
	assert_true(renewal_may_try(&tries, START_S, 5 + 60 * CLOCK_US_PER_S));
}

/* Whatever the wall clock does, an hour of real time is the longest pause there is. */
static void a_clock_that_jumps_neither_stops_nor_multiplies_the_tries(void **state)
{
	struct renewal_tries tries = {0};
	int64_t wall_s = START_S;
	int64_t mono_us = 0;
	int made = 0;

	(void)state;
	for (int minute = 0; minute < 24 * 60; minute++) {
		/* Set back by a year once, for good. */
		wall_s += minute == 60 ? -365 * DAY_S : 60;
		mono_us += 60 * CLOCK_US_PER_S;
		if (renewal_may_try(&tries, wall_s, mono_us)) {
			renewal_tried(&tries, wall_s, mono_us, 0);
			made++;
		}
	}
	/* 1, 5, 15 minutes, then every hour. */
	assert_int_equal(made, 3 + 23 + 1);
	/* Backwards never helps; forwards does, once per jump. */
	assert_false(renewal_may_try(&tries, tries.last_s - DAY_S, tries.last_us));
	assert_true(renewal_may_try(&tries, tries.last_s + DAY_S, tries.last_us));
	renewal_tried(&tries, tries.last_s + DAY_S, tries.last_us, 0);
	assert_false(renewal_may_try(&tries, tries.last_s - DAY_S, tries.last_us));
	assert_false(renewal_may_try(&tries, tries.last_s, tries.last_us));
}

static void a_try_takes_half_of_what_is_left_and_ten_seconds_at_most(void **state)
{
	(void)state;
	assert_int_equal(renewal_budget_us(0), 0);
	assert_int_equal(renewal_budget_us(3000), 1500);
	assert_int_equal(renewal_budget_us(60 * CLOCK_US_PER_S), 10 * CLOCK_US_PER_S);
	assert_int_equal(renewal_budget_us(CLOCK_NEVER), 10 * CLOCK_US_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_week_is_fresh_for_half_due_until_the_last_day_and_then_stale),
	        cmocka_unit_test(a_short_life_has_no_second_half),
	        cmocka_unit_test(ages_have_names),
	        cmocka_unit_test(pauses_grow_to_an_hour_and_jitter_takes_at_most_half),
	        cmocka_unit_test(the_first_try_is_free_and_the_next_comes_after_the_pause),
	        cmocka_unit_test(a_clock_that_jumps_neither_stops_nor_multiplies_the_tries),
	        cmocka_unit_test(a_try_takes_half_of_what_is_left_and_ten_seconds_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
