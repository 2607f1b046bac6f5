/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A run: the chosen scenarios, group by group, several at once, each judged as soon as it is over.
 * Within a group the positive ones come first, with the twins of the others, so that a negative one
 * is judged with the verdict of its twin. Before the first group and after each one the sanity
 * scenario is played; when the client is dead there, or fails what it passed before, the run ends.
 * So it does when many scenarios in a row find the client dead and the sanity scenario does, too.
 */
#ifndef SCENARIOS_RUNNER_RUN_H
#define SCENARIOS_RUNNER_RUN_H

#include <stdbool.h>

#include "catalogue.h"
#include "perform.h"
#include "results.h"

#define RUN_SANITY      "flow.cold"
#define RUN_SANITY_FROM 3 /* so many scenarios; fewer are their own sanity */
#define RUN_JOBS_MAX    64
#define RUN_DEAD_LIMIT  8 /* clients that went away one after the other */

struct run_plan {
	const struct catalogue *catalogue;
	const struct selection *selection;
	struct perform_plan perform; /* without state_dir and work folders */
	unsigned jobs;
	const char *out_dir; /* bundles go to OUT/evidence/ID; NULL: none are written */
	bool keep;           /* of the good ones too */
	/* After judging, before anything is told: expected failures. May be NULL. */
	void (*amend)(void *ctx, const struct scenario *scenario, struct verdict *verdict);
	/* One scenario is over; `done` of `total`. Called by one thread at a time. May be NULL. */
	void (*told)(void *ctx, const struct result *result, size_t done, size_t total);
	void *ctx;
};

/* Runs. An error is the runner's own (folders, memory, an emulator that cannot start), or
 * MSIV2_CONFIG when there is no such client to start; scenarios that fail are results. When
 * perform.stop is asked the run ends early. */
MSIV2_MUST_USE enum msiv2_rc run(const struct run_plan *plan, struct results *out,
                                 struct msiv2_error *err);

#endif
