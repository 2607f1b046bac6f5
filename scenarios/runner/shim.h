/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client under test behind docs/shim.md: a child process that is asked one command at a time.
 * Deadlines are points of the system's monotonic clock. What it says is kept raw until shim_free()
 * for the search for secrets, and redacted for the evidence. */
#ifndef SCENARIOS_RUNNER_SHIM_H
#define SCENARIOS_RUNNER_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"
#include "process.h"

#define SHIM_PROTOCOL        1
#define SHIM_NOT_IMPLEMENTED 89
#define SHIM_CANNOT_RUN      77
#define SHIM_REASON_SIZE     512

/* What became of asking. */
enum shim_outcome {
	SHIM_ANSWERED,
	SHIM_IS_NOT_IMPLEMENTED, /* it ended with 89 */
	SHIM_IS_UNABLE,          /* with 77 */
	SHIM_WENT_AWAY,
	SHIM_IS_LATE,
	SHIM_BROKE_PROTOCOL,
	SHIM_OUTCOME_COUNT
};

/* How the runner takes a client's waits: world time moves by so much. */
struct shim_time {
	void (*wait_ms)(void *ctx, int64_t ms);
	void *ctx;
};

struct shim {
	struct process process;
	cJSON *hello;  /* its first line; owned */
	uint32_t keys; /* kinds of key */
	uint32_t features;
	struct shim_time time;
	int64_t next_id;
	struct bytes raw;              /* every line it wrote */
	struct bytes redacted;         /* every line to and fro, as {"to":..} and {"from":..} */
	char reason[SHIM_REASON_SIZE]; /* of what is not SHIM_ANSWERED */
};

/* Starts it and reads its first line. MSIV2_INTERNAL or MSIV2_CONFIG only when there is no process
 * at all. Free it in any case. */
MSIV2_MUST_USE enum msiv2_rc shim_start(struct shim *shim, const char *command, const char *dir,
                                        char *const *environment, int64_t deadline_us,
                                        enum shim_outcome *outcome, struct msiv2_error *err);
/* Sends the command, which gets its `id` here, and reads the reply; waits in between are granted
 * and appended to the array `waits`. *reply is owned by the caller, NULL unless SHIM_ANSWERED. */
MSIV2_MUST_USE enum msiv2_rc shim_ask(struct shim *shim, cJSON *command, int64_t deadline_us,
                                      cJSON *waits, enum shim_outcome *outcome, cJSON **reply,
                                      struct msiv2_error *err);
/* Says quit, waits until the deadline, kills what is left. */
void shim_quit(struct shim *shim, int64_t deadline_us);
/* Ends it when it runs, frees everything. */
void shim_free(struct shim *shim);
DEFINE_OWNED_VALUE(shim, shim_free)

#endif
