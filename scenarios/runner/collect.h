/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the emulator and the store have to say when a scenario is over. */
#ifndef SCENARIOS_RUNNER_COLLECT_H
#define SCENARIOS_RUNNER_COLLECT_H

#include "evidence.h"
#include "stage.h"

/* Adds journal, faults and findings, and the certificates that were issued. */
MSIV2_MUST_USE enum msiv2_rc collect_emulator(const struct stage *stage, struct evidence *evidence,
                                              struct msiv2_error *err);
/* Adds what is missing of these as if nothing had happened: there was no emulator. */
MSIV2_MUST_USE enum msiv2_rc collect_nothing(struct evidence *evidence, struct msiv2_error *err);
/* Moves an item into the evidence under that name; NULL is one that there was no memory for. */
MSIV2_MUST_USE enum msiv2_rc collect_put(struct evidence *evidence, const char *name, cJSON *item,
                                         struct msiv2_error *err);

#endif
