/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Reports of a run, as pure functions from its verdicts to text. Whatever a client or a service
 * said may stand in a verdict: each report escapes it as its own form wants (report_escape.h).
 * Appending shows its failure (memory) in the buffer; ask bytes_done(). */
#ifndef SCENARIOS_RUNNER_REPORT_H
#define SCENARIOS_RUNNER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "judge.h"
#include "requirement.h"

/* One scenario of the run. All borrowed; scenario, seen, said and evidence may be NULL (no title,
 * no timeline, no such lines). */
struct report_case {
	const struct verdict *verdict;
	const cJSON *scenario; /* the scenario's file */
	const cJSON *seen;     /* struct evidence's */
	const char *said;      /* how the standard error of a client that went away ends */
	const char *evidence;  /* the folder of its bundle */
	bool unplayed;         /* the run ended before it; the verdict is an error and says why */
};

/* A run. Texts may be NULL. */
struct report {
	const struct report_case *cases;
	size_t count;
	const struct requirements *requirements;
	const char *suite;   /* version of the suite: "0.1.0" */
	const char *client;  /* what was judged: "msiv2-ref 0.1.0" */
	const char *key;     /* kind of key */
	const char *started; /* "2026-11-21T03:00:00Z" */
	const char *rerun;   /* command that runs one scenario again; {} stands for its id */
	uint64_t seed;
	int64_t took_ms;
};

/* How many cases have each verdict. */
struct report_totals {
	size_t of[VERDICT_KIND_COUNT];
};
struct report_totals report_count(const struct report *report);
/* No case is a failure, an unexpected pass or an error, and at least one passed. */
bool report_is_good(const struct report *report);

/* For a terminal: what failed with its explanation, then the sums; ANSI colours when wanted. */
void report_terminal(const struct report *report, bool colours, struct bytes *out);
/* TAP version 14, with a YAML block for each failure. */
void report_tap(const struct report *report, struct bytes *out);
/* JUnit XML: one suite, a class for each group. */
void report_junit(const struct report *report, struct bytes *out);
/* JSON of schema/report.schema.json. */
void report_json(const struct report *report, struct bytes *out);
/* One HTML page that needs nothing else: sums, matrix, each scenario with its timeline. */
void report_html(const struct report *report, struct bytes *out);
/* Markdown, short enough for the summary of a CI job. */
void report_markdown(const struct report *report, struct bytes *out);

#endif
