/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* How long a caller is ready to wait: one deadline for a whole acquisition, and a way to cancel it
 * (NET-04). A value, copied freely; used by the caller's thread only. */
#ifndef REF_NET_PATIENCE_H
#define REF_NET_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Tells somebody that the waiting one is alive; called by the waiting thread. `step`: it goes on to
 * something new, rather than still waiting for the same. tell NULL = nobody wants to know. */
struct lifesign {
	void (*tell)(void *ctx, bool step);
	void *ctx;
};

struct patience {
	const struct msiv2_clock *clock; /* borrowed */
	int64_t deadline_us;             /* on the clock's monotonic axis */
	bool (*cancelled)(void *ctx);    /* NULL = cannot be cancelled */
	void *cancelled_ctx;
	bool *cut_short; /* becomes true when something that might have helped was not tried for
	                  * want of time; NULL = nobody asks */
	struct lifesign lifesign; /* told by each look at the time */
};

/* A wait that somebody may cut short is made of slices of this length. */
#define PATIENCE_SLICE_US INT64_C(20000)
/* One that somebody else watches is made of these. */
#define PATIENCE_SIGN_US INT64_C(1000000)

/* Microseconds left, at least 0. */
int64_t patience_left_us(const struct patience *patience);
/* The caller asked to stop. */
bool patience_cancelled(const struct patience *patience);
/* A wait of wait_us would end before the deadline; false is noted in `cut_short`. */
bool patience_covers(const struct patience *patience, int64_t wait_us);
/* How long one may sleep, at most most_us, before looking at the deadline again. Somebody else's
 * clock, and a caller who may cancel, have to be asked often; ours says exactly when. */
int64_t patience_nap_us(const struct patience *patience, int64_t most_us);
/* Tells it; one without tell() is allowed. */
void lifesign_tell(const struct lifesign *lifesign, bool step);
/* MSIV2_OK while there is time, which is a sign of life; MSIV2_TIMEOUT at `where` after the
 * deadline or when cancelled. */
MSIV2_MUST_USE enum msiv2_rc patience_check(const struct patience *patience, const char *where,
                                            struct msiv2_error *err);
/* Waits through the clock seam, cut short by the deadline and by cancelling: MSIV2_TIMEOUT then.
 * What follows a wait is a new step. */
MSIV2_MUST_USE enum msiv2_rc patience_wait(const struct patience *patience, int64_t wait_us,
                                           const char *where, struct msiv2_error *err);

#endif
