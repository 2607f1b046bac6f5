/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What every leg of one acquisition shares: how long the caller waits, the one correlation id
 * (META-03), where log lines go, and what pauses are drawn from. A value on the stack of the call.
 */
#ifndef REF_ERRAND_H
#define REF_ERRAND_H

#include "common/log.h"
#include "common/rng.h"
#include "net/patience.h"

struct errand {
	struct patience patience;
	struct log log;
	const struct rng *jitter; /* borrowed; NULL = the system's */
	char correlation_id[UUID_TEXT_SIZE];
};

/* Draws the correlation id. MSIV2_INTERNAL when there is no randomness. */
MSIV2_MUST_USE enum msiv2_rc errand_begin(struct errand *errand, struct msiv2_error *err);

/* A number in [0, below) for the length of a pause. */
uint64_t errand_jitter(const struct errand *errand, uint64_t below);

#endif
