/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A failure that explains itself: the requirement's sentence and source, what was expected, what
 * was seen, the stretch of the journal as a sequence diagram, what nearly fitted, and how to run
 * just this one again. Plain text; control characters are shown as escapes. Pure. */
#ifndef SCENARIOS_RUNNER_EXPLAIN_H
#define SCENARIOS_RUNNER_EXPLAIN_H

#include "report.h"

/* The rows of a case that failed, how its standard error ends, where its evidence is, and the
 * command that runs it again, each line after `indent`. A requirement that is that of the row
 * before, and a diagram that was there already, are not shown again; rows that only follow from a
 * client that went away are left out. */
void explain_case(const struct report *report, const struct report_case *which, const char *indent,
                  struct bytes *out);
/* Appends the command that runs one scenario again; nothing when the run has none. */
void explain_rerun(const struct report *report, const char *scenario, struct bytes *out);

#endif
