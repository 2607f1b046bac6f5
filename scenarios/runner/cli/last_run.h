/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* OUT/last-run.json: what --rerun-failed and explain have to know of the run before. */
#ifndef SCENARIOS_RUNNER_CLI_LAST_RUN_H
#define SCENARIOS_RUNNER_CLI_LAST_RUN_H

#include "arguments.h"
#include "common/json.h"
#include "scenarios/runner/results.h"

/* Writes it: seed, kind of key, and the ids of what was bad; of what is not good yet, when that is
 * why they ran (--rerun-failed), with those that were not chosen. It stays as it is when the
 * folder was not cleared for this run. */
MSIV2_MUST_USE enum msiv2_rc last_run_write(const struct arguments *arguments,
                                            const struct results *results, struct msiv2_error *err);
/* Makes the bad ones of the run before the filters, in the place of those that were given, and its
 * seed and kind of key the run's where none was given. Their ids stay in *kept, owned by the
 * caller. *any is false when there were none. MSIV2_CONFIG naming the file when it cannot be used,
 * or when that run did not come to its end. */
MSIV2_MUST_USE enum msiv2_rc last_run_choose(struct arguments *arguments, cJSON **kept, bool *any,
                                             struct msiv2_error *err);

#endif
