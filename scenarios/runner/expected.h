/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Failures that are known and wait for a fix, as a file:
 *
 *     {"expected":[{"scenario":"sts.again","check":"journal.0","reason":"2 events match",
 *                   "link":"https://example.org/issues/7","expires":"2026-12-31"}]}
 *
 * A failure counts as expected only while the entry lasts (the day of `expires` included), when its
 * first row that failed is `check` and its reason contains `reason`. Fails otherwise; a pass is
 * an unexpected one. Pure. */
#ifndef SCENARIOS_RUNNER_EXPECTED_H
#define SCENARIOS_RUNNER_EXPECTED_H

#include "common/err.h"
#include "common/json.h"
#include "common/own.h"
#include "judge.h"

struct expected {
	cJSON *json; /* owned */
};

/* Frees and empties it. */
void expected_free(struct expected *expected);
DEFINE_OWNED_VALUE(expected, expected_free)

/* Reads the file's text; `file` names it in errors. MSIV2_CONFIG for an entry without one of the
 * members, with another one, a date that is none, or a scenario named twice. */
MSIV2_MUST_USE enum msiv2_rc expected_read(const void *text, size_t len, const char *file,
                                           struct expected *out, struct msiv2_error *err);
/* Changes the verdict as the entry of its scenario says; `today` is "2026-11-21". Skips and errors
 * stay. */
void expected_apply(const struct expected *expected, const char *today, struct verdict *verdict);
/* The number of entries, and the scenario of each: one that is in no catalogue is a mistake. */
size_t expected_count(const struct expected *expected);
const char *expected_scenario(const struct expected *expected, size_t index);

#endif
