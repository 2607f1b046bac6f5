/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The steps of a scenario, taken one after the other by a shim and the runner, each with its row of
 * evidence. */
#ifndef SCENARIOS_RUNNER_STEPS_H
#define SCENARIOS_RUNNER_STEPS_H

#include <stdint.h>

#include "scenario.h"
#include "shim.h"
#include "stage.h"
#include "store_watch.h"

/* Who asks the client, and what comes of it. A black box has functions of its own. */
struct client {
	/* Has the client do `command` (its members and the word; may be changed); *reply is owned
	 * by the caller, NULL when there is none to judge. */
	enum msiv2_rc (*ask)(void *ctx, cJSON *command, int64_t deadline_us, cJSON *waits,
	                     enum shim_outcome *outcome, cJSON **reply, struct msiv2_error *err);
	void *ctx;
};

struct play {
	const struct scenario *scenario;
	struct stage *stage;
	struct client client;
	int64_t deadline_us; /* of the whole scenario */
	cJSON *steps;        /* the evidence; borrowed */
	cJSON *marks;        /* of the store; borrowed */
	struct store_locks locks;
	int64_t clock_offset_s;    /* the client's, from the system's time */
	enum shim_outcome outcome; /* SHIM_ANSWERED as long as all goes well */
};

/* The `start` command for the scenario's client with that kind of key; owned by the caller, NULL
 * when memory is out. */
cJSON *steps_start_command(const struct play *play, enum key_kind key);
/* Sends a command that is no step, as start. */
MSIV2_MUST_USE enum msiv2_rc steps_ask(struct play *play, cJSON *command, cJSON **reply,
                                       struct msiv2_error *err);
/* Takes every step, until the client is gone or time is up: play->outcome. An error is the runner's
 * own. */
MSIV2_MUST_USE enum msiv2_rc steps_play(struct play *play, struct msiv2_error *err);

#endif
