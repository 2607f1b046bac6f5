/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A run with a case of each verdict, judged from evidence as a client and a service that mean ill
 * would leave it: markup, control characters and broken UTF-8 wherever a text of theirs goes. */
#ifndef TESTS_SCENARIOS_RUN_SAMPLE_H
#define TESTS_SCENARIOS_RUN_SAMPLE_H

#include "scenarios/runner/report.h"

#define RUN_SAMPLE_CASES 7

struct run_sample {
	struct report report;
	struct requirements requirements;
	struct report_case cases[RUN_SAMPLE_CASES];
	struct verdict verdicts[RUN_SAMPLE_CASES];
	cJSON *scenarios[RUN_SAMPLE_CASES], *seen[RUN_SAMPLE_CASES];
};

/* Makes the sample, in place; freed with run_sample_free(). The test fails when it cannot. */
void run_sample_make(struct run_sample *out);
/* Frees it. */
void run_sample_free(struct run_sample *sample);

#endif
