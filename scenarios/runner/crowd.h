/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Several processes of one client that ask at the same moment, with one store and one set of keys:
 * the client under test, and others like it for as long as the question takes (STORE-09, LIFE-04).
 */
#ifndef SCENARIOS_RUNNER_CROWD_H
#define SCENARIOS_RUNNER_CROWD_H

#include "secrets.h"
#include "shim.h"

#define CROWD_MAX 8

/* What the others are like. All of it is borrowed. */
struct crowd_plan {
	struct shim *first;  /* the client, which has begun */
	const char *command; /* what is run */
	const char *dir;     /* where */
	char *const *environment;
	const cJSON *start; /* what each begins with */
	struct secrets *secrets;
	int found_status; /* one that ends with it was found something in; 0: never */
	bool *found;      /* set when one of the others did */
};

/* Starts the others, asks all at once by acquire_many, each for its part of `command`'s n, and ends
 * the others; one that hangs is not asked to go. What they wrote is added to what the first one
 * wrote. *reply has the results of all, or is the first failure; else as shim_ask(). */
MSIV2_MUST_USE enum msiv2_rc crowd_ask(const struct crowd_plan *plan, const cJSON *command,
                                       unsigned processes, int64_t deadline_us, cJSON *waits,
                                       enum shim_outcome *outcome, cJSON **reply,
                                       struct msiv2_error *err);

#endif
