/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <signal.h>
#include <string.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/command.h"
#include "scene.h"
#include "tests/testing.h"

#define LONG_MS  20000
#define SHORT_MS 100

static int setup(void **state)
{
	static struct scene scene;

	scene_make(&scene);
	scene_open(&scene, "");
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	scene_drop(*state);
	return 0;
}

static struct command command_of(void **state, const char *text)
{
	const struct scene *scene = *state;

	return (struct command){.text = text, .dir = scene->sandbox.dir, .stage = &scene->stage};
}

/* Has the command asked for that resource. */
static enum shim_outcome ask(struct command *command, const char *resource, int64_t ms)
{
	OWNED(cJSON) *asked = cJSON_CreateObject();
	OWNED(cJSON) *reply = NULL;
	enum shim_outcome outcome = SHIM_OUTCOME_COUNT;

	if (resource)
		assert_non_null(cJSON_AddStringToObject(asked, "resource", resource));
	assert_int_equal(command_ask(command, asked, clock_deadline_us(clock_system(), ms), NULL,
	                             &outcome, &reply, NULL),
	                 MSIV2_OK);
	assert_int_equal(reply != NULL, outcome == SHIM_ANSWERED);
	return outcome;
}

static void it_is_told_where_everything_is(void **state)
{
	const struct scene *scene = *state;
	OWNED_STRUCT(command)
	command = command_of(state,
	                     "printf '%s\\n' \"$AZURE_POD_IDENTITY_AUTHORITY_HOST\" "
	                     "\"$MSIV2_EMULATOR_IMDS\" \"$MSIV2_EMULATOR_STS\" "
	                     "\"$MSIV2_EMULATOR_RESOURCE\" \"$MSIV2_STORE\" \"$SSL_CERT_FILE\" "
	                     "\"$HOME\" \"$PWD\"; grep -m 1 BEGIN \"$MSIV2_EMULATOR_CA\"");
	OWNED_STRUCT(bytes) wanted = {0};

	bytes_addf(&wanted,
	           "%s\n%s\n%s\n%s\n%s/stage/store\n%s\n%s/stage/home\n%s\n"
	           "-----BEGIN CERTIFICATE-----\n\n",
	           msiv2_emulator_imds(scene->stage.emulator),
	           msiv2_emulator_imds(scene->stage.emulator),
	           msiv2_emulator_sts(scene->stage.emulator),
	           msiv2_emulator_resource(scene->stage.emulator), scene->sandbox.dir,
	           msiv2_emulator_ca_file(scene->stage.emulator), scene->sandbox.dir,
	           scene->sandbox.dir);
	assert_int_equal(ask(&command, "x", LONG_MS), SHIM_ANSWERED);
	assert_string_equal(bytes_text(&command.out), bytes_text(&wanted));
}

/* The shell reads the command once, and what is told not at all. */
static void what_is_told_is_never_read_as_shell(void **state)
{
	static const char *const resources[] = {"$(touch broken)",
	                                        "`touch broken`",
	                                        "a'b\"c",
	                                        "x; touch broken",
	                                        "a b  c\\",
	                                        "*",
	                                        ""};

	for (size_t i = 0; i < TEXT_COUNT(resources); i++) {
		OWNED_STRUCT(command)
		command =
		        command_of(state, "printf '<%s>\\n' \"$MSIV2_RESOURCE\"; [ ! -e broken ]");
		OWNED_STRUCT(bytes) wanted = {0};

		bytes_addf(&wanted, "<%s>\n", resources[i]);
		assert_int_equal(ask(&command, resources[i], LONG_MS), SHIM_ANSWERED);
		/* A newline ends the part of a line. */
		bytes_add_byte(&wanted, '\n');
		assert_string_equal(bytes_text(&command.out), bytes_text(&wanted));
		assert_int_equal(command.status, 0);
	}
}

static void quotes_of_the_command_are_those_of_a_shell(void **state)
{
	static const struct {
		const char *text, *out;
	} rows[] = {{"echo 'a  b' \"c  $MSIV2_RESOURCE\"", "a  b c  res\n\n"},
	            {"A=1; export A; sh -c 'echo $A'", "1\n\n"},
	            {"echo \\\"x\\\" | tr x y", "\"y\"\n\n"},
	            {"# nothing", "\n"}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(command) command = command_of(state, rows[i].text);

		assert_int_equal(ask(&command, "res", LONG_MS), SHIM_ANSWERED);
		assert_string_equal(bytes_text(&command.out), rows[i].out);
	}
}

static void its_exit_says_what_became_of_it(void **state)
{
	static const struct {
		const char *text;
		enum shim_outcome outcome;
		int status, signal;
	} rows[] = {{"exit 0", SHIM_ANSWERED, 0, 0},
	            {"exit 1", SHIM_ANSWERED, 1, 0},
	            {"exit 89", SHIM_IS_NOT_IMPLEMENTED, 89, 0},
	            {"exit 77", SHIM_IS_UNABLE, 77, 0},
	            {"kill -SEGV $$", SHIM_WENT_AWAY, 0, SIGSEGV},
	            {"exec >&-; exit 3", SHIM_ANSWERED, 3, 0}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(command) command = command_of(state, rows[i].text);

		assert_int_equal(ask(&command, NULL, LONG_MS), rows[i].outcome);
		assert_true(command.ended);
		assert_int_equal(command.status, rows[i].status);
		assert_int_equal(command.signal, rows[i].signal);
	}
}

static void one_that_hangs_is_late_and_heard(void **state)
{
	static const char *const texts[] = {
	        "echo stuck >&2; sleep 1000", "echo stuck >&2; yes",
	        "echo stuck >&2; cat /dev/zero",
	        "echo stuck >&2; trap '' TERM; while :; do echo; echo >&2; done"};

	for (size_t i = 0; i < TEXT_COUNT(texts); i++) {
		OWNED_STRUCT(command) command = command_of(state, texts[i]);

		assert_int_equal(ask(&command, NULL, SHORT_MS), SHIM_IS_LATE);
		assert_true(text_starts(bytes_text(&command.err_out), "stuck\n"));
		assert_true(no_children());
	}
}

static void what_it_says_is_kept_with_every_byte(void **state)
{
	OWNED_STRUCT(command) command = command_of(state, "printf 'a\\0b' >&2; printf 'c\\0d\\n'");

	assert_int_equal(ask(&command, NULL, LONG_MS), SHIM_ANSWERED);
	assert_int_equal(command.err_out.len, 3);
	assert_memory_equal(command.err_out.data, "a\0b", 3);
	assert_memory_equal(command.out.data, "c\0d\n", 4);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	OWNED_STRUCT(command) command = command_of(state, "exit 0");
	enum shim_outcome outcome;
	OWNED(cJSON) *reply = NULL;
	struct msiv2_error err = {0};

	command.dir = "/nowhere/at/all";
	assert_int_equal(command_ask(&command, NULL, clock_deadline_us(clock_system(), LONG_MS),
	                             NULL, &outcome, &reply, &err),
	                 MSIV2_CONFIG);
	assert_non_null(strstr(err.message, "cannot be started"));
	assert_null(reply);
}

/* What a black box cannot do, by a part of a scenario. */
static void scenarios_that_say_too_much_are_told_why(void **state)
{
	static const char journal[] = "\"expect\":{\"journal\":[{\"says\":\"once\",\"match\":"
	                              "{\"endpoint\":\"token\"},\"count\":1}]}";
	static const struct {
		const char *more, *says;
		bool journal;
	} rows[] = {
	        {"", NULL, true},
	        {"\"client\":{\"trust\":\"nobody\"}", NULL, true},
	        {"", "nothing of the journal", false},
	        {"\"needs\":[\"call\"]", "features", true},
	        {"\"client\":{\"timeout_ms\":5}", "than a command can be told", true},
	        {"\"client\":{\"keys\":\"memory\"}", "than a command can be told", true},
	        {"\"steps\":[{\"do\":\"acquire\"},{\"do\":\"acquire\"}]", "several times", true},
	        {"\"steps\":[{\"do\":\"restart\"}]", "features", true},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(scenario) scenario = {0};
		OWNED_STRUCT(bytes) more = {0};
		const char *lacks;

		bytes_addf(&more, "%s%s%s", rows[i].more,
		           *rows[i].more && rows[i].journal ? "," : "",
		           rows[i].journal ? journal : "");
		scene_scenario(bytes_text(&more), &scenario);
		lacks = command_lacks(&scenario);
		if (rows[i].says ? !lacks || !strstr(lacks, rows[i].says) : lacks != NULL)
			fail_msg("%s: %s", rows[i].more, lacks ? lacks : "nothing");
	}
}

static void memory_that_runs_out_is_no_outcome(void **state)
{
	unsigned failures = 0;
	bool happened = true;

	for (unsigned nth = 1; happened; nth++) {
		OWNED_STRUCT(command) command = command_of(state, "echo out; echo err >&2");
		OWNED(cJSON) *asked = cJSON_CreateObject();
		enum shim_outcome outcome = SHIM_ANSWERED;
		OWNED(cJSON) *reply = NULL;
		struct msiv2_error err = {0};
		unsigned before = open_files();
		enum msiv2_rc rc;

		scarce_at(SCARCE_MEMORY, nth);
		rc = command_ask(&command, asked, clock_deadline_us(clock_system(), LONG_MS), NULL,
		                 &outcome, &reply, &err);
		happened = scarce_end();
		assert_int_equal(err.rc, rc);
		assert_true(rc == MSIV2_OK || rc == MSIV2_INTERNAL);
		assert_int_equal(outcome, SHIM_ANSWERED);
		assert_int_equal(reply != NULL, rc == MSIV2_OK);
		/* What it said may have been lost, never silently. */
		assert_true(rc != MSIV2_OK || command.err_out.failed ||
		            text_equal(bytes_text(&command.err_out), "err\n"));
		failures += rc != MSIV2_OK;
		assert_int_equal(open_files(), before);
		assert_true(no_children());
		assert_in_range(nth, 1, 2000);
	}
	assert_in_range(failures, 20, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_told_where_everything_is),
	        cmocka_unit_test(what_is_told_is_never_read_as_shell),
	        cmocka_unit_test(quotes_of_the_command_are_those_of_a_shell),
	        cmocka_unit_test(its_exit_says_what_became_of_it),
	        cmocka_unit_test(one_that_hangs_is_late_and_heard),
	        cmocka_unit_test(what_it_says_is_kept_with_every_byte),
	        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
	        cmocka_unit_test(scenarios_that_say_too_much_are_told_why),
	        cmocka_unit_test(memory_that_runs_out_is_no_outcome),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, setup, teardown);
}
