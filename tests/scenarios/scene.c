/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "scene.h"

#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "tests/testing.h"

void scene_scenario(const char *more, struct scenario *out)
{
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_error err = {0};

	bytes_addf(&text,
	           "{\"id\":\"sts.a\",\"title\":\"A title that is long enough\","
	           "\"kind\":\"positive\",\"requirements\":[\"STS-05\"],\"level\":\"MUST\","
	           "\"why\":\"Because clients get this wrong now and then.\"%s%s",
	           *more ? "," : "", more);
	if (!strstr(more, "\"steps\":"))
		bytes_add_text(&text, ",\"steps\":[{\"do\":\"acquire\"}]");
	if (!strstr(more, "\"expect\":{"))
		bytes_add_text(&text, ",\"expect\":{}");
	bytes_add_text(&text, "}");
	if (scenario_read(bytes_text(&text), text.len, "scene", out, &err) != MSIV2_OK)
		fail_msg("%s", err.message);
}

void scene_make(struct scene *scene)
{
	*scene = (struct scene){0};
	sandbox_make(&scene->sandbox);
	sandbox_folder(&scene->sandbox, "state");
	sandbox_path(&scene->sandbox, "state", scene->state_dir);
	assert_int_equal(stage_prepare(scene->state_dir, NULL), MSIV2_OK);
	scene->plan = (struct stage_plan){.state_dir = scene->state_dir,
	                                  .scripts = "/nowhere",
	                                  .seed = 7,
	                                  .key = KEY_KIND_MEMORY};
}

void scene_open(struct scene *scene, const char *more)
{
	struct msiv2_error err = {0};
	char dir[SANDBOX_PATH];

	scene_scenario(more, &scene->scenario);
	sandbox_path(&scene->sandbox, "stage", dir);
	if (stage_open(&scene->stage, &scene->plan, &scene->scenario, dir, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
}

void scene_close(struct scene *scene)
{
	char dir[SANDBOX_PATH];

	stage_close(&scene->stage);
	scenario_free(&scene->scenario);
	scene->stage = (struct stage){0};
	scene->scenario = (struct scenario){0};
	sandbox_path(&scene->sandbox, "stage", dir);
	assert_false(files_exists(dir));
}

void scene_drop(struct scene *scene)
{
	scene_close(scene);
	sandbox_drop(&scene->sandbox);
}
