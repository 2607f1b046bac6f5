/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the forms of report share. Pure. */
#ifndef SCENARIOS_RUNNER_REPORT_PARTS_H
#define SCENARIOS_RUNNER_REPORT_PARTS_H

#include "report.h"
#include "report_escape.h"

/* A member of the scenario as text; "" when there is none. */
const char *report_text(const struct report_case *which, const char *name);
/* "12 pass, 1 fail, 2 skip": the kinds there are. */
void report_sums(const struct report *report, struct bytes *out);
/* What was judged, one fact a line ("client: ..."), those that are known; each line after `before`
 * and followed by `after`. */
void report_facts(const struct report *report, enum escape escape, const char *before,
                  const char *after, struct bytes *out);
/* The case has this requirement among its scenario's. */
bool report_has(const struct report_case *which, const char *requirement);
/* The explanation of a case, as text of the form. */
void report_explained(const struct report *report, const struct report_case *which,
                      enum escape escape, struct bytes *out);

#endif
