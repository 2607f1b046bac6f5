/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A scenario as it is judged when nobody can ask the client: by the journal, the findings and the
 * faults alone. Pure. */
#ifndef SCENARIOS_RUNNER_JOURNAL_ONLY_H
#define SCENARIOS_RUNNER_JOURNAL_ONLY_H

#include <stdbool.h>

#include "common/json.h"

/* A copy of the scenario's file without what is expected of answers and of the store. Without
 * `steps` they are one mark, "address". Owned by the caller, NULL when memory is out. */
cJSON *journal_only(const cJSON *scenario, bool steps);
/* The evidence of that mark; owned by the caller, NULL when memory is out. */
cJSON *journal_only_mark(void);

#endif
