/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* World time: a base clock plus an offset, optionally frozen. Certificates and tokens are issued
 * and judged by it; nothing waits for it. Times are seconds since 1970 and stay within the years
 * 1970 to 9999. All functions are thread-safe except init and free. */
#ifndef EMULATOR_WORLD_CLOCK_H
#define EMULATOR_WORLD_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"

#define WORLD_CLOCK_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct world_clock {
	pthread_mutex_t lock;
	const struct msiv2_clock *base; /* borrowed */
	int64_t offset_s;
	bool frozen;
	int64_t frozen_base_s; /* what the base said when it froze */
	int64_t start_offset_s;
	bool start_frozen;
	struct msiv2_clock view; /* this clock as a client may borrow it */
};

/* What the clock says, in one consistent look. */
struct world_clock_state {
	int64_t now_s;
	int64_t offset_s; /* against the base clock, now */
	bool frozen;
};

/* Starts at base + offset_s, or at the nearest end of the range. */
void world_clock_init(struct world_clock *clock, const struct msiv2_clock *base, int64_t offset_s,
                      bool frozen);
/* Releases the lock's resources. */
void world_clock_free(struct world_clock *clock);

/* World time now. */
int64_t world_clock_now_s(struct world_clock *clock);
/* Everything at once. */
struct world_clock_state world_clock_look(struct world_clock *clock);
/* Moves by delta_s; MSIV2_CONFIG, and nothing moves, when that leaves the range. */
MSIV2_MUST_USE enum msiv2_rc world_clock_advance(struct world_clock *clock, int64_t delta_s,
                                                 struct msiv2_error *err);
/* Sets the time; it goes on from there unless frozen. MSIV2_CONFIG as above. */
MSIV2_MUST_USE enum msiv2_rc world_clock_set(struct world_clock *clock, int64_t now_s,
                                             struct msiv2_error *err);
/* Stops the clock, or lets it go on from where it stands. */
void world_clock_freeze(struct world_clock *clock, bool frozen);
/* As it was at init, on today's base clock. */
void world_clock_reset(struct world_clock *clock);
/* World time as a clock to lend; monotonic time is the base clock's, and waiting is skipped while
 * world time is frozen. */
const struct msiv2_clock *world_clock_view(struct world_clock *clock);

#endif
