/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Renewing the binding that a client holds (LIFE-02, LIFE-03): when, by whom, for how long, and
 * what the others do meanwhile. */
#include "tests/testing.h"

#include <pthread.h>

#include "common/clock.h"
#include "common/text.h"
#include "mint_bench.h"

#define DAY_S INT64_C(86400)

/* A week from 1000 on: half of it is over at HALF_S. */
#define WEEK_END_S (1000 + 7 * DAY_S)
#define HALF_S     (1000 + 7 * DAY_S / 2)

/* A slot with a binding of a week, at its half; *held is the caller's. */
static void hold_at_half(struct mint_bench *m, enum certificate_origin origin,
                         struct binding **held)
{
	mint_bench_open(m);
	m->origin = origin;
	m->not_after_s = WEEK_END_S;
	assert_int_equal(mint_bench_get(m, NULL, false, held), MSIV2_OK);
	virtual_clock_advance(&m->clock, 7 * DAY_S / 2);
	m->not_before_s = HALF_S;
	m->not_after_s = HALF_S + 7 * DAY_S;
	m->origin = CERTIFICATE_ISSUED;
}

static void from_half_of_its_life_on_a_binding_is_renewed(void **state)
{
	struct mint_bench m;
	struct binding *held = NULL;
	struct binding *early = NULL;
	struct binding *renewed = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	virtual_clock_advance(&m.clock, -1);
	assert_int_equal(mint_bench_get(&m, NULL, false, &early), MSIV2_OK);
	assert_ptr_equal(early, held);
	assert_int_equal(m.count, 1);
	virtual_clock_advance(&m.clock, 1);
	assert_int_equal(mint_bench_get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_ptr_not_equal(renewed, held);
	assert_int_equal(m.renewals, 1);
	assert_int_equal(m.bypasses, 0);
	assert_true(m.named_one);
	binding_free(early);
	assert_int_equal(mint_bench_get(&m, NULL, false, &early), MSIV2_OK);
	assert_ptr_equal(early, renewed);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_free(early);
	binding_free(renewed);
	binding_slot_free(m.slot);
}

static void a_failed_renewal_is_reported_and_the_binding_used_until_it_is_stale(void **state)
{
	struct mint_bench m;
	struct binding *held = NULL;
	struct binding *used = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.rc = MSIV2_IMDS_REFUSED;
	for (int call = 0; call < 3; call++) {
		assert_int_equal(mint_bench_get(&m, NULL, false, &used), MSIV2_OK);
		assert_ptr_equal(used, held);
		binding_free(used);
	}
	/* The pause keeps the other two from trying. */
	assert_int_equal(m.renewals, 1);
	assert_string_equal(m.log, "1 certificate: not renewed, used until 1970-01-07T00:16:40Z: "
	                           "imds_refused at mint: scripted\n");
	virtual_clock_advance(&m.clock, 60);
	assert_int_equal(mint_bench_get(&m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(m.renewals, 2);
	/* LIFE-03: now it has to work. */
	virtual_clock_advance(&m.clock, 5 * DAY_S / 2 - 60);
	binding_free(used);
	used = NULL;
	assert_int_equal(mint_bench_get(&m, NULL, false, &used), MSIV2_IMDS_REFUSED);
	assert_int_equal(m.renewals, 2);
	assert_int_equal(m.count, 4);
	binding_free(held);
	binding_slot_free(m.slot);
}

static void a_renewal_takes_at_most_half_of_the_callers_time(void **state)
{
	struct mint_bench m;
	struct binding *held = NULL;
	struct binding *used = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.rc = MSIV2_TIMEOUT;
	m.errand.patience.deadline_us = clock_deadline_us(&m.clock.clock, 4000);
	assert_int_equal(mint_bench_get(&m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(m.left_us, 2 * CLOCK_US_PER_S);
	binding_free(used);
	m.errand.patience.deadline_us = clock_deadline_us(&m.clock.clock, 3600000);
	virtual_clock_advance(&m.clock, 300);
	assert_int_equal(mint_bench_get(&m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(m.left_us, RENEWAL_LONGEST_US);
	binding_free(used);
	binding_free(held);
	binding_slot_free(m.slot);
}

/* Who comes while it is renewed is served at once with what is still good. */
static void ask_meanwhile(struct mint_bench *m)
{
	struct binding *used = NULL;

	m->during = NULL;
	assert_int_equal(mint_bench_get(m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(msiv2_certificate_not_after(binding_certificate(used)), WEEK_END_S);
	binding_free(used);
}

static void others_are_not_kept_waiting_by_a_renewal(void **state)
{
	struct mint_bench m;
	struct binding *held = NULL;
	struct binding *renewed = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.during = ask_meanwhile;
	assert_int_equal(mint_bench_get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_ptr_not_equal(renewed, held);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_free(renewed);
	binding_slot_free(m.slot);
}

/* One that is refused while it is renewed stays dropped, and what follows is fresh. */
static void refuse_meanwhile(struct mint_bench *m)
{
	struct binding *held = binding_slot_current(m->slot, HALF_S);

	binding_slot_drop(m->slot, held, true);
	binding_free(held);
}

static void a_renewal_does_not_undo_a_refusal(void **state)
{
	struct mint_bench m;
	struct binding *held = NULL;
	struct binding *renewed = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.during = refuse_meanwhile;
	assert_int_equal(mint_bench_get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_null(binding_slot_current(m.slot, HALF_S));
	m.during = NULL;
	binding_free(renewed);
	assert_int_equal(mint_bench_get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_int_equal(m.bypasses, 1);
	assert_true(m.named_one);
	binding_free(held);
	binding_free(renewed);
	binding_slot_free(m.slot);
}

/* The store may hold one that is past its half; one that was issued just now and is (because a
 * clock is ahead) is not renewed on the spot. */
static void a_stored_binding_is_renewed_at_once_and_an_issued_one_after_the_pause(void **state)
{
	struct mint_bench m;
	struct binding *binding = NULL;

	(void)state;
	mint_bench_open(&m);
	m.clock.epoch_s = HALF_S + 5;
	m.not_after_s = WEEK_END_S;
	assert_int_equal(mint_bench_get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 1);
	binding_free(binding);
	assert_int_equal(mint_bench_get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 1);
	binding_free(binding);
	virtual_clock_advance(&m.clock, 60);
	assert_int_equal(mint_bench_get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.renewals, 1);
	binding_free(binding);
	binding_slot_free(m.slot);

	mint_bench_open(&m);
	m.clock.epoch_s = HALF_S + 5;
	m.not_after_s = WEEK_END_S;
	m.origin = CERTIFICATE_STORED;
	assert_int_equal(mint_bench_get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.renewals, 1);
	binding_free(binding);
	binding_slot_free(m.slot);
}

static void sixteen_threads_renew_once(void **state)
{
	struct mint_bench m;
	struct binding *held = NULL;
	pthread_t threads[16];

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, mint_bench_get_in_thread, &m),
		                 0);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++) {
		void *served = NULL;

		assert_int_equal(pthread_join(threads[i], &served), 0);
		assert_non_null(served);
	}
	assert_int_equal(m.renewals, 1);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_slot_free(m.slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(from_half_of_its_life_on_a_binding_is_renewed),
	        cmocka_unit_test(
	                a_failed_renewal_is_reported_and_the_binding_used_until_it_is_stale),
	        cmocka_unit_test(a_renewal_takes_at_most_half_of_the_callers_time),
	        cmocka_unit_test(others_are_not_kept_waiting_by_a_renewal),
	        cmocka_unit_test(a_renewal_does_not_undo_a_refusal),
	        cmocka_unit_test(
	                a_stored_binding_is_renewed_at_once_and_an_issued_one_after_the_pause),
	        cmocka_unit_test(sixteen_threads_renew_once),
	};

	return cmocka_run_group_tests(tests, mint_bench_group_setup, mint_bench_group_teardown);
}
