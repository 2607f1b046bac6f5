/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "gate.h"

void gate_init(struct gate *gate)
{
	*gate = (struct gate){0};
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->changed, NULL);
}

void gate_free(struct gate *gate)
{
	pthread_cond_destroy(&gate->changed);
	pthread_mutex_destroy(&gate->lock);
}

/* Sets one of the two flags and wakes everybody. */
static void set(struct gate *gate, bool *flag)
{
	pthread_mutex_lock(&gate->lock);
	*flag = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

void gate_open(struct gate *gate)
{
	set(gate, &gate->open);
}

void gate_give_up(struct gate *gate)
{
	set(gate, &gate->given_up);
}

bool gate_pass(struct gate *gate)
{
	bool open;

	pthread_mutex_lock(&gate->lock);
	while (!gate->open && !gate->given_up)
		pthread_cond_wait(&gate->changed, &gate->lock);
	open = gate->open;
	pthread_mutex_unlock(&gate->lock);
	return open;
}
