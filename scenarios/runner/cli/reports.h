/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* From the results of a run to the reports that were asked for. */
#ifndef SCENARIOS_RUNNER_CLI_REPORTS_H
#define SCENARIOS_RUNNER_CLI_REPORTS_H

#include "arguments.h"
#include "scenarios/runner/report.h"
#include "scenarios/runner/results.h"

/* A report and what it points to. */
struct run_report {
	struct report report;
	struct report_case *cases; /* owned */
	struct bytes client;
	struct bytes rerun;
	char started[32];
};

/* Frees what it holds. */
void run_report_free(struct run_report *report);
DEFINE_OWNED_VALUE(run_report, run_report_free)

/* Makes the report of a run; the results, the requirements and the arguments are borrowed. */
MSIV2_MUST_USE enum msiv2_rc run_report_make(const struct results *results,
                                             const struct requirements *requirements,
                                             const struct arguments *arguments,
                                             struct run_report *out, struct msiv2_error *err);
/* MSIV2_CONFIG naming a report that could not be written, asked before there is one: its folder is
 * there and can be written to. */
MSIV2_MUST_USE enum msiv2_rc run_report_check(const struct arguments *arguments,
                                              struct msiv2_error *err);
/* Writes the terminal's report to stderr and all that the options ask for, as far as it can; the
 * error is the first one. */
MSIV2_MUST_USE enum msiv2_rc run_report_write(const struct run_report *report,
                                              const struct arguments *arguments,
                                              struct msiv2_error *err);

#endif
