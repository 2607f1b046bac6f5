/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A clock that only moves when told to, or when somebody waits on it: waiting takes no time. Safe
 * in many threads. */
#ifndef TESTS_REF_VIRTUAL_CLOCK_H
#define TESTS_REF_VIRTUAL_CLOCK_H

#include <stdatomic.h>

#include "common/clock.h"

struct virtual_clock {
	struct msiv2_clock clock; /* lend this */
	atomic_llong at_us;
	atomic_llong waited_us; /* the sum of all waits */
	int64_t epoch_s;        /* wall time at at_us = 0 */
};

/* Starts at a wall time of now, so that certificates made by the system's clock are valid. */
void virtual_clock_start(struct virtual_clock *clock);
/* Moves wall and monotonic time. */
void virtual_clock_advance(struct virtual_clock *clock, int64_t seconds);

#endif
