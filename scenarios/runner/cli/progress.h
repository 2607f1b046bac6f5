/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* How a run shows that it goes on: on a terminal one line that changes, elsewhere a line for each
 * scenario that did not pass. */
#ifndef SCENARIOS_RUNNER_CLI_PROGRESS_H
#define SCENARIOS_RUNNER_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "scenarios/runner/results.h"

struct progress {
	bool terminal;
	bool quiet;
	size_t bad;
};

/* Looks at stderr. */
void progress_begin(struct progress *progress, bool quiet);
/* One more is over. */
void progress_tell(struct progress *progress, const struct result *result, size_t done,
                   size_t total);
/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
