/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The clock a shim lends its clients: the system's, moved by the runner. In virtual time a wait is
 * announced instead of waited, and both the wall and the monotonic axis move by what the runner
 * says. Thread-safe. */
#ifndef SCENARIOS_SHIMS_SHIM_CLOCK_H
#define SCENARIOS_SHIMS_SHIM_CLOCK_H

#include "common/clock.h"
#include "shim_channel.h"

/* Shorter waits are for something in this world (a lock, a device) and are really waited. */
#define SHIM_CLOCK_REAL_US (100 * CLOCK_US_PER_MS)

struct shim_clock {
	struct msiv2_clock lent; /* give &clock->lent to the client */
	pthread_mutex_t lock;
	struct shim_channel *channel; /* borrowed; NULL = waits are real */
	int64_t offset_us;            /* of the wall clock from the system's */
	int64_t waited_us;            /* of the monotonic axis from the system's */
};

/* `channel` announces the waits; NULL: they are waited. */
void shim_clock_init(struct shim_clock *clock, struct shim_channel *channel);
/* Puts the wall clock so far from the system's time. */
void shim_clock_set(struct shim_clock *clock, int64_t offset_s);

#endif
