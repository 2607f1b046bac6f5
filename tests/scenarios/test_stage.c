/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"
#include "scarce.h"
#include "scene.h"
#include "tests/testing.h"

#define FAULTS_MAX 1000000
#define STEPS      24 /* calls of opening a stage that fail, spread over all of them */

static int setup(void **state)
{
	static struct scene scene;

	scene_make(&scene);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	scene_drop(*state);
	return 0;
}

static const char *value_of(const struct stage *stage, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < stage->environment.count; i++)
		if (strncmp(stage->environment.items[i], name, len) == 0 &&
		    stage->environment.items[i][len] == '=')
			return stage->environment.items[i] + len + 1;
	return NULL;
}

/* A stage that cannot be opened; nothing is left of it. */
static void refused(void **state, const char *more, enum msiv2_rc rc, const char *says)
{
	OWNED_STRUCT(scenario) scenario = {0};
	struct scene *scene = *state;
	struct stage stage = {0};
	struct msiv2_error err = {0};
	char dir[SANDBOX_PATH];

	scene_scenario(more, &scenario);
	sandbox_path(&scene->sandbox, "stage", dir);
	assert_int_equal(stage_open(&stage, &scene->plan, &scenario, dir, &err), rc);
	if (!strstr(err.message, says) && !strstr(err.where, says))
		fail_msg("%s: %s", err.where, err.message);
	stage_close(&stage);
	assert_false(files_exists(dir));
}

static void a_stage_is_private_and_leads_there(void **state)
{
	struct scene *scene = *state;
	OWNED_STRUCT(bytes) home = {0};
	struct stat facts;

	scene_open(scene, "");
	bytes_addf(&home, "%s/stage/home", scene->sandbox.dir);
	assert_string_equal(value_of(&scene->stage, "HOME"), bytes_text(&home));
	assert_true(text_starts(value_of(&scene->stage, "XDG_DATA_HOME"), bytes_text(&home)));
	assert_true(text_starts(value_of(&scene->stage, "TMPDIR"), bytes_text(&home)));
	assert_int_equal(fs_lstat(value_of(&scene->stage, "TMPDIR"), &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0700);
	assert_null(value_of(&scene->stage, "http_proxy"));
	assert_false(files_exists(bytes_text(&scene->stage.store)));
	assert_true(text_is_uuid(bytes_text(&scene->stage.tenant)));
	scene_close(scene);
}

static void a_proxy_is_one_that_nobody_answers_at(void **state)
{
	struct scene *scene = *state;

	scene_open(scene, "\"client\":{\"proxy\":true}");
	assert_string_equal(value_of(&scene->stage, "http_proxy"), "http://127.0.0.1:9");
	assert_string_equal(value_of(&scene->stage, "HTTP_PROXY"), "http://127.0.0.1:9");
	scene_close(scene);
}

static void world_seed_and_faults_are_the_scenarios(void **state)
{
	struct scene *scene = *state;
	OWNED(cJSON) *world = NULL;
	OWNED(cJSON) *fault = NULL;

	scene_open(scene, "\"faults\":[{\"id\":\"f1\",\"fault\":\"wire-reset\","
	                  "\"endpoint\":\"token\"}]");
	assert_int_equal(stage_admin(&scene->stage, "GET", "/faults/f1", NULL, &fault, NULL),
	                 MSIV2_OK);
	assert_string_equal(
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fault, "endpoint")), "token");
	assert_int_equal(stage_admin(&scene->stage, "GET", "/world", NULL, &world, NULL), MSIV2_OK);
	assert_non_null(world);
	scene_close(scene);
}

static void what_is_wrong_with_a_stage_is_named(void **state)
{
	struct scene *scene = *state;

	refused(state, "\"world\":{\"no-such-key\":1}", MSIV2_CONFIG, "no-such-key");
	refused(state, "\"faults\":[{\"fault\":\"no-such-fault\",\"endpoint\":\"token\"}]",
	        MSIV2_CONFIG, "no-such-fault");
	scene->plan.key = KEY_KIND_HARDWARE;
	refused(state, "", MSIV2_UNSUPPORTED, "not found");
	scene->plan.key = KEY_KIND_MEMORY;
	sandbox_write(&scene->sandbox, "stage", "x", 1);
	{
		OWNED_STRUCT(scenario) scenario = {0};
		struct stage stage = {0};
		struct msiv2_error err = {0};
		char dir[SANDBOX_PATH];

		scene_scenario("", &scenario);
		sandbox_path(&scene->sandbox, "stage", dir);
		assert_int_equal(stage_open(&stage, &scene->plan, &scenario, dir, &err),
		                 MSIV2_CONFIG);
		assert_string_equal(err.where, dir);
		stage_close(&stage);
		/* It was not of the stage. */
		assert_true(files_exists(dir));
		assert_int_equal(fs_unlink(dir), 0);
	}
}

static void keys_that_cannot_be_made_are_an_error(void **state)
{
	struct msiv2_error err = {0};

	(void)state;
	assert_int_equal(stage_prepare("/nowhere/at/all", &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.message, "No such file"));
}

static void an_answer_that_is_none_is_told_with_its_words(void **state)
{
	struct scene *scene = *state;
	OWNED(cJSON) *answer = NULL;
	struct msiv2_error err = {0};

	scene_open(scene, "");
	assert_int_equal(stage_admin(&scene->stage, "GET", "/nothing", NULL, &answer, &err),
	                 MSIV2_CONFIG);
	assert_string_equal(err.where, "/nothing");
	assert_true(text_starts(err.message, "answered 404: "));
	assert_int_equal(stage_admin(&scene->stage, "GET", "no path", NULL, &answer, &err),
	                 MSIV2_CONFIG);
	assert_null(answer);
	scene_close(scene);
}

/* The same stage twice, and several at once, do not disturb each other. */
static void several_stages_stand_side_by_side(void **state)
{
	OWNED_STRUCT(scenario) scenario = {0};
	struct scene *scene = *state;
	struct stage stages[3] = {0};

	scene_scenario("", &scenario);
	for (int i = 0; i < 3; i++) {
		char name[] = {'s', (char)('0' + i), '\0'};
		char dir[SANDBOX_PATH];

		sandbox_path(&scene->sandbox, name, dir);
		assert_int_equal(stage_open(&stages[i], &scene->plan, &scenario, dir, NULL),
		                 MSIV2_OK);
	}
	assert_string_not_equal(msiv2_emulator_imds(stages[0].emulator),
	                        msiv2_emulator_imds(stages[1].emulator));
	assert_string_equal(msiv2_emulator_ca_pem(stages[0].emulator),
	                    msiv2_emulator_ca_pem(stages[2].emulator));
	for (int i = 0; i < 3; i++)
		stage_close(&stages[i]);
}

/* Opens and closes while that call fails; true when it did. */
static bool open_without(struct scene *scene, enum scarce what, unsigned nth)
{
	OWNED_STRUCT(scenario) scenario = {0};
	unsigned before = open_files();
	struct msiv2_error err = {0};
	struct stage stage = {0};
	char dir[SANDBOX_PATH];
	enum msiv2_rc rc;
	bool happened;

	scene_scenario("\"client\":{\"proxy\":true},\"faults\":[{\"fault\":\"wire-reset\","
	               "\"endpoint\":\"token\"}]",
	               &scenario);
	sandbox_path(&scene->sandbox, "stage", dir);
	scarce_at(what, nth);
	rc = stage_open(&stage, &scene->plan, &scenario, dir, &err);
	happened = scarce_end();
	assert_true(happened || rc == MSIV2_OK);
	assert_int_equal(err.rc, rc);
	stage_close(&stage);
	assert_false(files_exists(dir));
	assert_int_equal(open_files(), before);
	return happened;
}

static void what_runs_out_while_it_is_opened_leaves_nothing(void **state)
{
	for (int what = SCARCE_MEMORY; what <= SCARCE_FILES; what++) {
		unsigned calls = 1;

		while (open_without(*state, (enum scarce)what, calls)) {
			calls *= 2;
			assert_in_range(calls, 1, FAULTS_MAX);
		}
		for (unsigned i = 0; i < STEPS; i++)
			(void)open_without(*state, (enum scarce)what, 1 + calls * i / (2 * STEPS));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_stage_is_private_and_leads_there),
	        cmocka_unit_test(a_proxy_is_one_that_nobody_answers_at),
	        cmocka_unit_test(world_seed_and_faults_are_the_scenarios),
	        cmocka_unit_test(what_is_wrong_with_a_stage_is_named),
	        cmocka_unit_test(keys_that_cannot_be_made_are_an_error),
	        cmocka_unit_test(an_answer_that_is_none_is_told_with_its_words),
	        cmocka_unit_test(several_stages_stand_side_by_side),
	        cmocka_unit_test(what_runs_out_while_it_is_opened_leaves_nothing),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, setup, teardown);
}
