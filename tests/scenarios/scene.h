/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A stage in a sandbox, with an emulator of its own, for tests of what plays there. Functions fail
 * the test when they cannot do what they say. */
#ifndef TESTS_SCENARIOS_SCENE_H
#define TESTS_SCENARIOS_SCENE_H

#include "sandbox.h"
#include "scenarios/runner/stage.h"

struct scene {
	struct sandbox sandbox;
	char state_dir[SANDBOX_PATH]; /* the emulators' keys */
	struct stage_plan plan;
	struct scenario scenario;
	struct stage stage;
};

/* A scenario `sts.a`: the members in `more` ("\"steps\":[..]") and what else it has to have; steps
 * are one acquisition, and nothing is expected, unless it says. */
void scene_scenario(const char *more, struct scenario *out);
/* Makes the sandbox and the keys; there is no stage yet. */
void scene_make(struct scene *scene);
/* Opens the stage in its folder "stage", for such a scenario. */
void scene_open(struct scene *scene, const char *more);
/* Closes the stage; nothing is left of it. */
void scene_close(struct scene *scene);
/* Closes and removes everything. */
void scene_drop(struct scene *scene);

#endif
