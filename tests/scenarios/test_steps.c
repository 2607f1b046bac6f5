/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/steps.h"
#include "scene.h"
#include "tests/testing.h"

#define FAULT "{\"id\":\"f1\",\"fault\":\"wire-reset\",\"endpoint\":\"token\"}"

/* A client that notes what it is asked and always answers. */
struct witness {
	struct bytes asked; /* one command a line */
	unsigned count;
	unsigned end_at; /* the command it goes away at; 0: none */
};

static enum msiv2_rc note(void *ctx, cJSON *command, int64_t deadline_us, cJSON *waits,
                          enum shim_outcome *outcome, cJSON **reply, struct msiv2_error *err)
{
	struct witness *witness = ctx;

	(void)deadline_us;
	assert_non_null(waits);
	json_print(command, &witness->asked);
	bytes_add_text(&witness->asked, "\n");
	*outcome = ++witness->count == witness->end_at ? SHIM_WENT_AWAY : SHIM_ANSWERED;
	*reply = *outcome == SHIM_ANSWERED ? cJSON_Parse("{\"ok\":true,\"id\":1}") : NULL;
	return *outcome != SHIM_ANSWERED || *reply ? MSIV2_OK : err_no_memory(err, "client");
}

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

/* A play of the scenario on a new stage. */
struct show {
	struct play play;
	struct witness witness;
	cJSON *steps, *marks;
};

static void show_open(void **state, const char *more, struct show *show)
{
	struct scene *scene = *state;

	scene_open(scene, more);
	*show = (struct show){.steps = cJSON_CreateArray(), .marks = cJSON_CreateObject()};
	show->play = (struct play){.scenario = &scene->scenario,
	                           .stage = &scene->stage,
	                           .client = {note, &show->witness},
	                           .deadline_us = CLOCK_NEVER,
	                           .steps = show->steps,
	                           .marks = show->marks};
}

static void show_close(void **state, struct show *show)
{
	store_locks_free(&show->play.locks);
	cJSON_Delete(show->steps);
	cJSON_Delete(show->marks);
	bytes_free(&show->witness.asked);
	scene_close(*state);
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(member(object, name));
}

static const cJSON *row(const struct show *show, int index)
{
	return cJSON_GetArrayItem(show->steps, index);
}

static void assert_reply(const struct show *show, int index, bool ok)
{
	const cJSON *reply = member(row(show, index), "reply");

	assert_int_equal(cJSON_IsTrue(member(reply, "ok")), ok);
	if (!ok)
		assert_string_equal(text_of(member(reply, "error"), "class"), "runner");
}

/* ---- what the client is asked ---- */

static void the_first_command_tells_what_the_client_is_to_be(void **state)
{
	static const struct {
		const char *client, *has[6];
	} rows[] = {{"{}",
	             {"\"keys\":\"memory\"", "\"attest\":false", "\"authority\":null",
	              "\"min_strength\":null", "\"timeout_ms\":30000", "\"ca\":\"/"}},
	            {"{\"attest\":true,\"min_strength\":\"hardware\",\"timeout_ms\":5}",
	             {"\"attest\":true", "\"authority\":\"http://127.0.0.1:",
	              "\"min_strength\":\"hardware\"", "\"timeout_ms\":5"}},
	            {"{\"trust\":\"nobody\",\"keys\":\"keyguard,hardware\"}",
	             {"\"ca\":null", "\"keys\":\"keyguard,hardware\""}},
	            {"{\"imds\":\"refused\"}", {"\"imds\":\"http://127.0.0.1:9\""}},
	            {"{\"imds\":\"unroutable\"}", {"\"imds\":\"http://192.0.2.1\""}}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) more = {0};
		OWNED_STRUCT(bytes) text = {0};
		OWNED(cJSON) *command = NULL;
		struct show show;

		bytes_addf(&more, "\"client\":%s", rows[i].client);
		show_open(state, bytes_text(&more), &show);
		command = steps_start_command(&show.play, KEY_KIND_MEMORY);
		json_print(command, &text);
		for (size_t j = 0; j < TEXT_COUNT(rows[i].has) && rows[i].has[j]; j++)
			if (!strstr(bytes_text(&text), rows[i].has[j]))
				fail_msg("%s: %s", rows[i].has[j], bytes_text(&text));
		show_close(state, &show);
	}
}

static void steps_of_the_client_become_its_commands(void **state)
{
	static const char acquired[] = "\"resource\":\"https://r\",\"identity\":{\"kind\":"
	                               "\"client_id\",\"id\":\"x\"},\"token_type\":";
	OWNED_STRUCT(bytes) wanted = {0};
	struct scene *scene = *state;
	struct show show;

	show_open(state,
	          "\"client\":{\"resource\":\"https://r\",\"identity\":{\"kind\":\"client_id\","
	          "\"id\":\"x\"}},\"steps\":[{\"do\":\"acquire\"},"
	          "{\"do\":\"acquire_many\",\"with\":{\"n\":3,\"claims\":\"{}\",\"force\":true}},"
	          "{\"do\":\"call\",\"with\":{\"path\":\"/x\",\"token_type\":\"bearer\"}},"
	          "{\"do\":\"probe\"},{\"do\":\"restart\"}]",
	          &show);
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	bytes_addf(&wanted,
	           "{\"command\":\"acquire\",%s\"mtls_pop\",\"claims\":null,\"force\":false}\n"
	           "{\"command\":\"acquire_many\",%s\"mtls_pop\",\"claims\":\"{}\",\"force\":true,"
	           "\"n\":3}\n"
	           "{\"command\":\"call\",%s\"bearer\",\"claims\":null,\"force\":false,\"url\":"
	           "\"%s/x\"}\n{\"command\":\"probe\"}\n{\"command\":\"restart\"}\n",
	           acquired, acquired, acquired, msiv2_emulator_resource(scene->stage.emulator));
	assert_string_equal(bytes_text(&show.witness.asked), bytes_text(&wanted));
	assert_int_equal(cJSON_GetArraySize(show.steps), 5);
	show_close(state, &show);
}

static void nobody_in_particular_asks_as_the_host(void **state)
{
	struct show show;

	show_open(state, "", &show);
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	assert_non_null(strstr(bytes_text(&show.witness.asked),
	                       "\"resource\":\"https://vault.azure.net\",\"identity\":"
	                       "{\"kind\":\"system\"}"));
	show_close(state, &show);
}

static void nothing_is_asked_of_a_client_that_is_gone(void **state)
{
	struct show show;

	show_open(state,
	          "\"steps\":[{\"do\":\"acquire\"},{\"do\":\"acquire\"},{\"do\":\"acquire\"}]",
	          &show);
	show.witness.end_at = 2;
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	assert_int_equal(show.play.outcome, SHIM_WENT_AWAY);
	assert_int_equal(cJSON_GetArraySize(show.steps), 2);
	assert_true(cJSON_IsNull(member(row(&show, 1), "reply")));
	assert_int_equal(show.witness.count, 2);
	show_close(state, &show);
}

/* ---- what the runner does itself ---- */

#define OWN_STEPS                                                                                  \
	"\"steps\":[{\"do\":\"fault\",\"with\":" FAULT "},"                                        \
	"{\"do\":\"unfault\",\"with\":{\"id\":\"f1\"}},"                                           \
	"{\"do\":\"unfault\",\"with\":{\"id\":\"f1\"}},"                                           \
	"{\"do\":\"advance\",\"name\":\"later\",\"with\":{\"s\":100}},"                            \
	"{\"do\":\"client_clock\",\"with\":{\"s\":-40}},"                                          \
	"{\"do\":\"admin\",\"with\":{\"method\":\"GET\",\"target\":\"/world\"}},"                  \
	"{\"do\":\"admin\",\"with\":{\"method\":\"GET\",\"target\":\"/nothing\"}},"                \
	"{\"do\":\"store\",\"with\":{\"action\":\"plant\"}},"                                      \
	"{\"do\":\"mark\",\"with\":{\"name\":\"store\"}},"                                         \
	"{\"do\":\"store\",\"with\":{\"action\":\"forget_key\"}},"                                 \
	"{\"do\":\"mark\",\"with\":{\"name\":\"other\"}},{\"do\":\"acquire\"}]"

static void steps_of_the_runner_are_done_or_say_why_not(void **state)
{
	static const bool good[] = {true,  true, false, true,  true, true,
	                            false, true, true,  false, true, true};
	struct scene *scene = *state;
	struct show show;
	int64_t before;

	show_open(state, OWN_STEPS, &show);
	before = msiv2_emulator_now_s(scene->stage.emulator);
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	assert_int_equal(cJSON_GetArraySize(show.steps), TEXT_COUNT(good));
	for (size_t i = 0; i < TEXT_COUNT(good); i++)
		assert_reply(&show, (int)i, good[i]);
	assert_true(cJSON_IsNumber(member(member(row(&show, 1), "reply"), "fired")));
	assert_in_range(msiv2_emulator_now_s(scene->stage.emulator) - before, 100, 160);
	assert_true(text_starts(bytes_text(&show.witness.asked),
	                        "{\"command\":\"clock\",\"offset_s\":100}\n"
	                        "{\"command\":\"clock\",\"offset_s\":60}\n"));
	assert_int_equal(cJSON_GetArraySize(member(show.marks, "store")), 2);
	assert_null(member(show.marks, "other"));
	assert_string_equal(text_of(row(&show, 3), "name"), "later");
	assert_true(cJSON_IsNull(member(row(&show, 4), "name")));
	assert_true(cJSON_IsNull(member(row(&show, 4), "sent")));
	show_close(state, &show);
}

/* Each step has its stretch of the journal, and none is left out. */
static void stretches_of_the_journal_follow_each_other(void **state)
{
	struct show show;
	double last = 1;

	show_open(state, OWN_STEPS, &show);
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	for (int i = 0; i < cJSON_GetArraySize(show.steps); i++) {
		double from = member(row(&show, i), "journal_from")->valuedouble;
		double to = member(row(&show, i), "journal_to")->valuedouble;

		assert_true(from >= last && to >= from);
		if (text_equal(text_of(row(&show, i), "do"), "mark"))
			assert_true(to <= from);
		last = to;
	}
	show_close(state, &show);
}

static void texts_are_filled_with_the_addresses(void **state)
{
	OWNED_STRUCT(bytes) wanted = {0};
	struct scene *scene = *state;
	struct show show;

	show_open(state,
	          "\"steps\":[{\"do\":\"acquire\",\"with\":{\"resource\":"
	          "\"{imds}|{sts}|{resource}|{tenant}|{other}|{\"}}]",
	          &show);
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	bytes_addf(&wanted, "%s|%s|%s|%s|{other}|{", msiv2_emulator_imds(scene->stage.emulator),
	           msiv2_emulator_sts(scene->stage.emulator),
	           msiv2_emulator_resource(scene->stage.emulator),
	           bytes_text(&scene->stage.tenant));
	assert_string_equal(text_of(member(row(&show, 0), "with"), "resource"),
	                    bytes_text(&wanted));
	assert_string_equal(text_of(member(row(&show, 0), "sent"), "resource"),
	                    bytes_text(&wanted));
	show_close(state, &show);
}

/* What the client waited is part of where its clock stands. */
static void waits_move_the_world_in_whole_seconds(void **state)
{
	struct scene *scene = *state;
	struct show show;
	int64_t before;

	show_open(state, "\"steps\":[{\"do\":\"client_clock\",\"with\":{\"s\":5}}]", &show);
	before = msiv2_emulator_now_s(scene->stage.emulator);
	for (int i = 0; i < 25; i++)
		stage_wait_ms(&scene->stage, 400);
	assert_in_range(msiv2_emulator_now_s(scene->stage.emulator) - before, 10, 60);
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	assert_string_equal(bytes_text(&show.witness.asked),
	                    "{\"command\":\"clock\",\"offset_s\":15}\n");
	/* Beyond what can be shown it stays where it is. */
	stage_wait_ms(&scene->stage, INT64_C(10000) * 366 * 24 * 3600 * 1000);
	assert_int_equal(scene->stage.waited_ms, 10000);
	show_close(state, &show);
}

/* Begins again on the same stage. */
static void show_again(struct show *show)
{
	cJSON_Delete(show->steps);
	cJSON_Delete(show->marks);
	bytes_free(&show->witness.asked);
	show->witness = (struct witness){0};
	show->play.steps = show->steps = cJSON_CreateArray();
	show->play.marks = show->marks = cJSON_CreateObject();
	show->play.outcome = SHIM_ANSWERED;
}

/* Whatever fails: no command that is not meant, no row that is not whole. */
static void memory_that_runs_out_is_an_error_and_no_other_command(void **state)
{
	OWNED_STRUCT(bytes) asked = {0};
	unsigned failures = 0;
	bool happened = true;
	struct show show;

	show_open(state,
	          "\"client\":{\"identity\":{\"kind\":\"client_id\",\"id\":\"x\"}},"
	          "\"steps\":[{\"do\":\"acquire\",\"name\":\"one\",\"with\":{\"claims\":\"{}\","
	          "\"resource\":\"{tenant}\"}},{\"do\":\"mark\",\"with\":{\"name\":\"store\"}},"
	          "{\"do\":\"call\",\"with\":{\"path\":\"/x\"}}]",
	          &show);
	assert_int_equal(steps_play(&show.play, NULL), MSIV2_OK);
	bytes_add_text(&asked, bytes_text(&show.witness.asked));
	for (unsigned nth = 1; happened; nth++) {
		struct msiv2_error err = {0};
		enum msiv2_rc rc;

		show_again(&show);
		scarce_at(SCARCE_MEMORY, nth);
		rc = steps_play(&show.play, &err);
		happened = scarce_end();
		assert_int_equal(err.rc, rc);
		failures += rc != MSIV2_OK;
		/* The notes of the witness are cut when its own memory ran out. */
		if (!show.witness.asked.failed)
			assert_true(
			        text_starts(bytes_text(&asked), bytes_text(&show.witness.asked)));
		assert_true(rc != MSIV2_OK || cJSON_GetArraySize(show.steps) == 3);
		assert_in_range(nth, 1, 5000);
	}
	assert_in_range(failures, 20, 5000);
	show_close(state, &show);
}

static void a_first_command_is_right_or_none(void **state)
{
	OWNED(cJSON) *wanted = NULL;
	bool happened = true;
	struct show show;

	show_open(state, "\"client\":{\"attest\":true,\"min_strength\":\"hardware\"}", &show);
	wanted = steps_start_command(&show.play, KEY_KIND_HARDWARE);
	assert_non_null(wanted);
	for (unsigned nth = 1; happened; nth++) {
		OWNED(cJSON) *command = NULL;

		scarce_at(SCARCE_MEMORY, nth);
		command = steps_start_command(&show.play, KEY_KIND_HARDWARE);
		happened = scarce_end();
		assert_int_equal(command != NULL, !happened);
		assert_true(!command || cJSON_Compare(command, wanted, true));
		assert_in_range(nth, 1, 100);
	}
	show_close(state, &show);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_command_tells_what_the_client_is_to_be),
	        cmocka_unit_test(steps_of_the_client_become_its_commands),
	        cmocka_unit_test(nobody_in_particular_asks_as_the_host),
	        cmocka_unit_test(nothing_is_asked_of_a_client_that_is_gone),
	        cmocka_unit_test(steps_of_the_runner_are_done_or_say_why_not),
	        cmocka_unit_test(stretches_of_the_journal_follow_each_other),
	        cmocka_unit_test(texts_are_filled_with_the_addresses),
	        cmocka_unit_test(waits_move_the_world_in_whole_seconds),
	        cmocka_unit_test(memory_that_runs_out_is_an_error_and_no_other_command),
	        cmocka_unit_test(a_first_command_is_right_or_none),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, setup, teardown);
}
