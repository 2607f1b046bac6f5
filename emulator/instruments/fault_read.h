/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The parts of a fault's definition that have tables of their own: match, when, with. Each reads
 * its member and adds the complete one to `to`. Errors are MSIV2_CONFIG at `where` and what follows
 * it. Pure. */
#ifndef EMULATOR_INSTRUMENTS_FAULT_READ_H
#define EMULATOR_INSTRUMENTS_FAULT_READ_H

#include "common/err.h"
#include "common/json.h"
#include "emulator/instruments/fault.h"

#define FAULT_PATH_SIZE 96

/* Fails at "where.name". */
enum msiv2_rc fault_blame(struct msiv2_error *err, const char *where, const char *name,
                          const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Reads "match" (NULL = absent: everything). */
MSIV2_MUST_USE enum msiv2_rc fault_read_match(const cJSON *match, const struct fault_kind *kind,
                                              const char *where, cJSON *to,
                                              struct msiv2_error *err);
/* Reads "when" (NULL = absent: always). */
MSIV2_MUST_USE enum msiv2_rc fault_read_when(const cJSON *when, const char *where,
                                             struct fault_when *out, cJSON *to,
                                             struct msiv2_error *err);
/* Reads "with" (NULL = absent: all defaults). */
MSIV2_MUST_USE enum msiv2_rc fault_read_with(const cJSON *with, const struct fault_kind *kind,
                                             const char *where, cJSON *to, struct msiv2_error *err);

#endif
