/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Where one scenario is played: an emulator of its own in this process, a private folder, a device
 * for persistent keys, an environment that leads there. Several stages at once are fine; one thread
 * for each. */
#ifndef SCENARIOS_RUNNER_STAGE_H
#define SCENARIOS_RUNNER_STAGE_H

#include <stdint.h>

#include "device.h"
#include "emulator/include/msiv2_emulator.h"
#include "environment.h"
#include "scenario.h"

/* What all stages of a run share. Texts are borrowed. */
struct stage_plan {
	const char *state_dir; /* the emulators' keys, ready made: stage_prepare() */
	const char *scripts;   /* folder of softhsm-token and swtpm-start */
	uint64_t seed;
	enum key_kind key;
};

struct stage {
	struct msiv2_emulator *emulator;
	struct device device;
	struct environment environment;
	struct bytes dir;   /* everything below is in it */
	struct bytes home;  /* HOME; XDG_DATA_HOME and TMPDIR are below it */
	struct bytes store; /* the client's store: not made by us */
	struct bytes tenant;
	int64_t waited_ms; /* by the client, so far */
	uint64_t seed;     /* the run's */
};

/* Makes the keys that all emulators of a run share, in `state_dir`, so that each of them starts in
 * milliseconds. */
MSIV2_MUST_USE enum msiv2_rc stage_prepare(const char *state_dir, struct msiv2_error *err);
/* Sets one up in the folder `dir`, which is made, with the world of the scenario (NULL: the default
 * one) and its faults. MSIV2_CONFIG names what is wrong with them, MSIV2_UNSUPPORTED what the
 * device lacks. Free it in any case. */
MSIV2_MUST_USE enum msiv2_rc stage_open(struct stage *stage, const struct stage_plan *plan,
                                        const struct scenario *scenario, const char *dir,
                                        struct msiv2_error *err);
/* Ends all of it; the folder is removed. */
void stage_close(struct stage *stage);
DEFINE_OWNED_VALUE(stage, stage_close)

/* A copy in which {imds}, {sts}, {resource} and {tenant} of every text are the stage's; owned by
 * the caller. NULL when memory is out. */
cJSON *stage_fill(const struct stage *stage, const cJSON *value);
/* Asks the admin interface; `body` may be NULL. MSIV2_CONFIG with its words unless it answers 2xx.
 * *answer (may be NULL) is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc stage_admin(const struct stage *stage, const char *method,
                                         const char *target, const cJSON *body, cJSON **answer,
                                         struct msiv2_error *err);
/* The next sequence number of the journal. */
MSIV2_MUST_USE enum msiv2_rc stage_next_seq(const struct stage *stage, int64_t *out,
                                            struct msiv2_error *err);
/* World time moves by what the client waits; parts of a second add up. `stage` is a struct stage.
 */
void stage_wait_ms(void *stage, int64_t ms);

#endif
