/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a scenario's parts say of each other: steps that are named are there and come before, marks
 * exist, faults that are taken away were put in place, journal expectations can be read. Pure. */
#ifndef SCENARIOS_RUNNER_SCENARIO_REFER_H
#define SCENARIOS_RUNNER_SCENARIO_REFER_H

#include "common/err.h"

struct scenario;

/* MSIV2_CONFIG with the file as `where` and the JSON path in front. */
MSIV2_MUST_USE enum msiv2_rc scenario_refer_check(const struct scenario *scenario, const char *file,
                                                  struct msiv2_error *err);

#endif
