/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Single flight: callers who want the same thing at the same time share one piece of work (KEY-04,
 * LIFE-04, TOK-02). The first one does it, the others wait for its result.
 *
 * Each waiter keeps its own deadline and cancellation. A failure is shared with all of them, except
 * one: work that ended because the one who did it ran out of time or was cancelled says
 * nothing about the others, so one of them does it again. */
#ifndef REF_FLIGHT_H
#define REF_FLIGHT_H

#include <pthread.h>

#include "common/err.h"
#include "net/patience.h"

struct flight;

struct flight_board {
	pthread_mutex_t lock;
	pthread_cond_t landed;
	struct flight *first; /* running flights */
};

/* The work, and how its result is shared. */
struct flight_plan {
	/* Does the work; *cargo is one reference. Runs without locks held. */
	enum msiv2_rc (*fly)(void *ctx, void **cargo, struct msiv2_error *err);
	void *(*cargo_ref)(void *cargo);
	void (*cargo_free)(void *cargo);
	void *ctx;
};

/* Makes an empty board. */
void flight_board_init(struct flight_board *board);
/* No flight may be running. */
void flight_board_destroy(struct flight_board *board);

/* How many callers share the running flight of that name, the one who flies included; 0 = none
 * runs. */
int flight_board_aboard(struct flight_board *board, const char *name);

/* Gets what `name` stands for: by flying, or by waiting for who flies already. *cargo receives one
 * reference. MSIV2_TIMEOUT at `where` when this caller's patience ends first; otherwise what fly()
 * returned. */
MSIV2_MUST_USE enum msiv2_rc flight_share(struct flight_board *board, const char *name,
                                          const struct flight_plan *plan,
                                          const struct patience *patience, const char *where,
                                          void **cargo, struct msiv2_error *err);

#endif
