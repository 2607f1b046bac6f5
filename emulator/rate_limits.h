/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* How many requests each host's IMDS takes (NET-05): at most so many in any second, and so many at
 * once. Counted on the monotonic clock: the limits guard a machine against load, and load is real
 * however far world time is moved, or frozen. Thread-safe except new and free. */
#ifndef EMULATOR_RATE_LIMITS_H
#define EMULATOR_RATE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/own.h"

#define RATE_MAX 1000 /* most requests of a limit */

struct rate_limits;

enum rate_verdict {
	RATE_TAKEN,
	RATE_TOO_FAST,   /* as many as allowed were taken within the last second */
	RATE_TOO_MANY,   /* as many as allowed are under way */
	RATE_OUT_OF_ROOM /* memory is out: not counted */
};

struct rate_limit {
	int64_t requests_per_s; /* 1 to RATE_MAX */
	int64_t concurrent;
};

/* Makes them empty. */
MSIV2_MUST_USE enum msiv2_rc rate_limits_new(struct rate_limits **out, struct msiv2_error *err);
/* Frees; NULL is allowed. */
void rate_limits_free(struct rate_limits *limits);
DEFINE_OWNED_STRUCT(rate_limits, rate_limits_free)

/* A request of a host comes in. What is refused does not count. What is taken is given back with
 * rate_limits_end(). */
enum rate_verdict rate_limits_begin(struct rate_limits *limits, const char *host,
                                    const struct rate_limit *limit, int64_t mono_us);
/* A request that was taken ends. */
void rate_limits_end(struct rate_limits *limits, const char *host);

#endif
