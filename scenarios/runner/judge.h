/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The judge: from a scenario and its evidence to a verdict. Pure: no clock, no file, no network, so
 * that evidence judged again elsewhere gives the same verdict. What is judged, in this order:
 *
 * - the outcome: skip for "not-implemented", "cannot-run" and "skipped"; fail for "ended",
 *   "timed-out" and "protocol"; error for "error";
 * - each step against its `expect` (none: it must succeed);
 * - vacuity: a fault that never fired, a mark that was not reached, a negative scenario whose twin
 *   (evidence run.twin) did not pass;
 * - `expect`: journal, findings, store, secrets.
 *
 * Every check is one row of the verdict, those that hold as well. Where rows fail, the reason is
 * the first one's. */
#ifndef SCENARIOS_RUNNER_JUDGE_H
#define SCENARIOS_RUNNER_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/own.h"

#define VERDICT_ID_SIZE    96
#define VERDICT_WORDS_SIZE 768
#define VERDICT_NEAR_MAX   3

enum verdict_kind {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_EXPECTED_FAIL,   /* a failure that the expected failures name */
	VERDICT_UNEXPECTED_PASS, /* passed, and should have failed: counts as a failure */
	VERDICT_SKIP,
	VERDICT_ERROR, /* the suite could not do its part */
	VERDICT_KIND_COUNT
};

/* One thing that was looked at. */
struct verdict_check {
	char id[VERDICT_ID_SIZE]; /* "step.2.class", "journal.0", "fault.f1", "store.entries" */
	bool ok;
	char requirement[16];              /* "STS-05": the scenario's main one unless it says */
	char says[VERDICT_WORDS_SIZE];     /* the expectation in words */
	char expected[VERDICT_WORDS_SIZE]; /* and as data */
	char seen[VERDICT_WORDS_SIZE];
	char near[VERDICT_NEAR_MAX][VERDICT_WORDS_SIZE]; /* near misses, the nearest first */
	size_t near_count;
	int64_t seq_from, seq_to; /* the stretch of the journal that shows it; 0, 0: all of it */
};

/* What became of one scenario. `{0}` is an empty pass. */
struct verdict {
	char scenario[VERDICT_ID_SIZE];
	enum verdict_kind kind;
	char reason[VERDICT_WORDS_SIZE]; /* "" for a pass */
	struct verdict_check *checks;    /* owned */
	size_t check_count;
	int64_t took_ms;
};

/* Frees the checks and empties it. */
void verdict_free(struct verdict *verdict);
DEFINE_OWNED_VALUE(verdict, verdict_free)

/* Judges. *out is owned by the caller. Evidence without what it must have is VERDICT_ERROR;
 * MSIV2_INTERNAL is only memory. */
MSIV2_MUST_USE enum msiv2_rc judge(const cJSON *scenario, const cJSON *seen, struct verdict *out,
                                   struct msiv2_error *err);

/* "pass", "fail", "expected-fail", "unexpected-pass", "skip", "error". */
const char *verdict_word(enum verdict_kind kind);
/* The kind of a word; false when there is none such. */
bool verdict_kind_of(const char *word, enum verdict_kind *out);
/* The run is not good with this one: fail, unexpected-pass and error. */
bool verdict_is_bad(enum verdict_kind kind);
/* verdict.json; owned by the caller, NULL when memory is out. */
cJSON *verdict_json(const struct verdict *verdict);

#endif
