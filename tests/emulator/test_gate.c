/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <pthread.h>
#include <sched.h>

#include "emulator/gate.h"
#include "tests/testing.h"

#define ROUNDS 200

/* One visitor of a gate. */
struct visitor {
	struct gate gate;
	pthread_barrier_t arrived;
	bool passed;
};

static void *visit(void *ctx)
{
	struct visitor *visitor = ctx;

	pthread_barrier_wait(&visitor->arrived);
	visitor->passed = gate_pass(&visitor->gate);
	return NULL;
}

/* A visitor who is there before the gate is opened or given up, many times over. */
static void visit_before(void (*then)(struct gate *gate), bool passes)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct visitor visitor = {.passed = !passes};
		pthread_t thread;

		gate_init(&visitor.gate);
		pthread_barrier_init(&visitor.arrived, NULL, 2);
		assert_int_equal(pthread_create(&thread, NULL, visit, &visitor), 0);
		pthread_barrier_wait(&visitor.arrived);
		sched_yield();
		then(&visitor.gate);
		pthread_join(thread, NULL);
		assert_int_equal(visitor.passed, passes);
		pthread_barrier_destroy(&visitor.arrived);
		gate_free(&visitor.gate);
	}
}

static void a_visitor_waits_until_the_gate_opens(void **state)
{
	(void)state;
	visit_before(gate_open, true);
}

static void a_visitor_is_sent_away_when_the_gate_is_given_up(void **state)
{
	(void)state;
	visit_before(gate_give_up, false);
}

static void an_open_gate_stays_open_when_it_is_given_up(void **state)
{
	struct gate gate;

	(void)state;
	gate_init(&gate);
	gate_open(&gate);
	assert_true(gate_pass(&gate));
	gate_give_up(&gate);
	assert_true(gate_pass(&gate));
	gate_free(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_visitor_waits_until_the_gate_opens),
	        cmocka_unit_test(a_visitor_is_sent_away_when_the_gate_is_given_up),
	        cmocka_unit_test(an_open_gate_stays_open_when_it_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
