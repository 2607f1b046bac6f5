/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Single flight: who flies, who waits, and for how long (KEY-04, LIFE-04, TOK-02). */
#include "tests/testing.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "mem_fault.h"
#include "ref/flight.h"

/* Work that says when it has begun, and ends when it is let go. */
struct work {
	struct flight_board board;
	sem_t begun;
	sem_t go_on;
	bool gated;
	enum msiv2_rc first_rc; /* what the first flight returns; later ones succeed */
	atomic_int flown;
	atomic_int refs; /* of the cargo, which is the work itself */
};

static enum msiv2_rc fly(void *ctx, void **cargo, struct msiv2_error *err)
{
	struct work *work = ctx;
	int nth = atomic_fetch_add(&work->flown, 1) + 1;

	if (work->gated) {
		(void)sem_post(&work->begun);
		(void)sem_wait(&work->go_on);
	}
	if (nth == 1 && work->first_rc != MSIV2_OK)
		return err_set(err, work->first_rc, "work", "scripted");
	atomic_fetch_add(&work->refs, 1);
	*cargo = work;
	return MSIV2_OK;
}

static void *cargo_ref(void *cargo)
{
	atomic_fetch_add(&((struct work *)cargo)->refs, 1);
	return cargo;
}

static void cargo_free(void *cargo)
{
	atomic_fetch_sub(&((struct work *)cargo)->refs, 1);
}

static void work_start(struct work *work, bool gated)
{
	memset(work, 0, sizeof(*work));
	flight_board_init(&work->board);
	assert_int_equal(sem_init(&work->begun, 0, 0), 0);
	assert_int_equal(sem_init(&work->go_on, 0, 0), 0);
	work->gated = gated;
}

static void work_end(struct work *work)
{
	assert_int_equal(atomic_load(&work->refs), 0);
	assert_null(work->board.first);
	(void)sem_destroy(&work->begun);
	(void)sem_destroy(&work->go_on);
	flight_board_destroy(&work->board);
}

struct caller {
	struct work *work;
	const char *name;
	struct patience patience;
	enum msiv2_rc rc;
	struct msiv2_error err;
	pthread_t thread;
};

static void *call(void *arg)
{
	struct caller *caller = arg;
	const struct flight_plan plan = {
	        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free, .ctx = caller->work};
	void *cargo = NULL;

	caller->rc = flight_share(&caller->work->board, caller->name, &plan, &caller->patience,
	                          "caller", &cargo, &caller->err);
	if (caller->rc == MSIV2_OK)
		cargo_free(cargo);
	return NULL;
}

static void start(struct caller *caller, struct work *work, const char *name, int64_t timeout_ms)
{
	*caller = (struct caller){
	        .work = work,
	        .name = name,
	        .patience = {.clock = clock_system(),
	                     .deadline_us = clock_deadline_us(clock_system(), timeout_ms)}};
	assert_int_equal(pthread_create(&caller->thread, NULL, call, caller), 0);
}

static void join(struct caller *caller)
{
	assert_int_equal(pthread_join(caller->thread, NULL), 0);
}

static void wait_until_aboard(struct work *work, const char *name, int count)
{
	while (flight_board_aboard(&work->board, name) != count)
		(void)sched_yield();
}

static void callers_of_one_name_share_one_flight(void **state)
{
	struct caller callers[8];
	struct work work;

	(void)state;
	work_start(&work, true);
	for (int i = 0; i < 8; i++)
		start(&callers[i], &work, "a", -1);
	wait_until_aboard(&work, "a", 8);
	(void)sem_post(&work.go_on);
	for (int i = 0; i < 8; i++) {
		join(&callers[i]);
		assert_int_equal(callers[i].rc, MSIV2_OK);
	}
	assert_int_equal(work.flown, 1);
	work_end(&work);
}

static void callers_of_two_names_do_not_wait_for_each_other(void **state)
{
	struct caller a;
	struct caller b;
	struct work work;

	(void)state;
	work_start(&work, true);
	start(&a, &work, "a", -1);
	start(&b, &work, "b", -1);
	/* Both have begun before either may end. */
	(void)sem_wait(&work.begun);
	(void)sem_wait(&work.begun);
	(void)sem_post(&work.go_on);
	(void)sem_post(&work.go_on);
	join(&a);
	join(&b);
	assert_int_equal(work.flown, 2);
	work_end(&work);
}

static void a_failure_is_shared_with_its_words(void **state)
{
	struct caller callers[4];
	struct work work;

	(void)state;
	work_start(&work, true);
	work.first_rc = MSIV2_IMDS_REFUSED;
	for (int i = 0; i < 4; i++)
		start(&callers[i], &work, "a", -1);
	wait_until_aboard(&work, "a", 4);
	(void)sem_post(&work.go_on);
	for (int i = 0; i < 4; i++) {
		join(&callers[i]);
		assert_int_equal(callers[i].rc, MSIV2_IMDS_REFUSED);
		assert_string_equal(callers[i].err.message, "scripted");
		assert_string_equal(callers[i].err.where, "work");
	}
	assert_int_equal(work.flown, 1);
	work_end(&work);
}

static void when_the_one_who_flies_runs_out_of_time_another_flies(void **state)
{
	struct caller callers[4];
	struct work work;
	int timeouts = 0;

	(void)state;
	work_start(&work, true);
	work.first_rc = MSIV2_TIMEOUT;
	for (int i = 0; i < 4; i++)
		start(&callers[i], &work, "a", -1);
	wait_until_aboard(&work, "a", 4);
	(void)sem_post(&work.go_on);
	(void)sem_post(&work.go_on);
	(void)sem_post(&work.go_on);
	(void)sem_post(&work.go_on);
	for (int i = 0; i < 4; i++) {
		join(&callers[i]);
		timeouts += callers[i].rc == MSIV2_TIMEOUT;
	}
	assert_int_equal(timeouts, 1);
	assert_in_range(work.flown, 2, 4);
	work_end(&work);
}

static void a_waiter_keeps_its_own_deadline(void **state)
{
	struct caller patient;
	struct caller hasty;
	struct work work;

	(void)state;
	work_start(&work, true);
	start(&patient, &work, "a", -1);
	(void)sem_wait(&work.begun);
	start(&hasty, &work, "a", 30);
	join(&hasty);
	assert_int_equal(hasty.rc, MSIV2_TIMEOUT);
	assert_string_equal(hasty.err.where, "caller");
	assert_int_equal(flight_board_aboard(&work.board, "a"), 1);
	(void)sem_post(&work.go_on);
	join(&patient);
	assert_int_equal(patient.rc, MSIV2_OK);
	work_end(&work);
}

static bool flag_is_up(void *ctx)
{
	return atomic_load((atomic_bool *)ctx);
}

static void a_waiter_can_be_cancelled(void **state)
{
	const struct flight_plan plan = {
	        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free};
	atomic_bool up = true;
	struct patience patience = {.clock = clock_system(),
	                            .deadline_us = CLOCK_NEVER,
	                            .cancelled = flag_is_up,
	                            .cancelled_ctx = &up};
	struct msiv2_error err = {0};
	struct caller patient;
	struct work work;
	void *cargo = NULL;

	(void)state;
	work_start(&work, true);
	start(&patient, &work, "a", -1);
	(void)sem_wait(&work.begun);
	assert_int_equal(flight_share(&work.board, "a", &plan, &patience, "me", &cargo, &err),
	                 MSIV2_TIMEOUT);
	assert_non_null(strstr(err.message, "cancelled"));
	(void)sem_post(&work.go_on);
	join(&patient);
	work_end(&work);
}

static void without_memory_nobody_flies(void **state)
{
	const struct patience patience = {.clock = clock_system(), .deadline_us = CLOCK_NEVER};
	struct work work;
	void *cargo = NULL;

	(void)state;
	work_start(&work, false);
	for (unsigned nth = 1; nth <= 2; nth++) {
		const struct flight_plan plan = {
		        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free, .ctx = &work};

		mem_fault_at(nth);
		assert_int_equal(
		        flight_share(&work.board, "a", &plan, &patience, "me", &cargo, NULL),
		        MSIV2_INTERNAL);
		assert_true(mem_fault_fired());
	}
	mem_fault_at(0);
	assert_int_equal(work.flown, 0);
	work_end(&work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(callers_of_one_name_share_one_flight),
	        cmocka_unit_test(callers_of_two_names_do_not_wait_for_each_other),
	        cmocka_unit_test(a_failure_is_shared_with_its_words),
	        cmocka_unit_test(when_the_one_who_flies_runs_out_of_time_another_flies),
	        cmocka_unit_test(a_waiter_keeps_its_own_deadline),
	        cmocka_unit_test(a_waiter_can_be_cancelled),
	        cmocka_unit_test(without_memory_nobody_flies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
