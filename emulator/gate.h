/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A gate that requests wait at until the world behind it is complete: listeners answer from the
 * moment they are bound, but the addresses the answers contain are known only when all are bound.
 */
#ifndef EMULATOR_GATE_H
#define EMULATOR_GATE_H

#include <pthread.h>
#include <stdbool.h>

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	bool given_up;
};

/* Makes a closed gate. */
void gate_init(struct gate *gate);
/* Releases what the gate holds; nobody may be waiting. */
void gate_free(struct gate *gate);
/* Lets everybody through from now on. */
void gate_open(struct gate *gate);
/* The start failed: everybody is sent away, unless the gate was opened before. */
void gate_give_up(struct gate *gate);
/* Waits; true when the gate is open, false when it was given up. */
bool gate_pass(struct gate *gate);

#endif
