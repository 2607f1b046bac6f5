/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <signal.h>
#include <string.h>

#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/perform.h"
#include "scene.h"
#include "tests/testing.h"

#define JOURNAL                                                                                    \
	"\"expect\":{\"journal\":[{\"says\":\"once\",\"match\":{\"endpoint\":\"token\"},"          \
	"\"count\":1}]}"
#define HELLO(keys, features)                                                                      \
	"echo '{\"protocol\":1,\"name\":\"fake\",\"keys\":[" keys "],\"features\":[" features      \
	"]}'; "
#define ANSWERS(text) "while read -r line; do echo '" text "'; done"
/* Answers until it is told to quit; $n is how often. */
#define COUNTS                                                                                     \
	"n=0; while read -r line; do n=$((n+1)); "                                                 \
	"echo \"{\\\"id\\\":$n,\\\"ok\\\":true,\\\"results\\\":[]}\"; done; "
#define CROWD "\"steps\":[{\"do\":\"acquire_many\",\"with\":{\"n\":2,\"processes\":2}}]"
#define JWT   "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmNkZWZnaCJ9.c2lnbmF0dXJlc2lnbmF0dXJl"

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

/* One performance: the plan, the scenario's members, and what is to be seen in run.json. */
struct piece {
	enum client_mode mode;
	const char *command, *more, *outcome, *reason;
};

static const cJSON *run_of(const struct evidence *evidence, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(
	        cJSON_GetObjectItemCaseSensitive(evidence->seen, "run"), name);
}

/* Everything is there, however it went. */
static void check_whole(const struct evidence *evidence)
{
	static const char *const names[] = {"run",      "steps", "journal", "faults",
	                                    "findings", "store", "secrets"};

	assert_non_null(evidence->scenario);
	for (size_t i = 0; i < TEXT_COUNT(names); i++)
		assert_true(cJSON_HasObjectItem(evidence->seen, names[i]));
}

static void attend(void *ctx, const char *ready)
{
	unsigned *times = ctx;

	assert_non_null(strstr(ready, "\"imds\""));
	(*times)++;
}

/* `found` is the exit status of a client that a tool has found something in. */
static void play_under(void **state, const struct piece *piece, const char *name, int found,
                       struct evidence *evidence)
{
	OWNED_STRUCT(scenario) scenario = {0};
	struct scene *scene = *state;
	unsigned times = 0;
	struct perform_plan plan = {.stage = scene->plan,
	                            .mode = piece->mode,
	                            .command = piece->command,
	                            .work_dir = scene->sandbox.dir,
	                            .wrapper_found = found,
	                            .attend = attend,
	                            .ctx = &times};
	const char *outcome;
	const char *reason;
	char dir[SANDBOX_PATH];

	scene_scenario(piece->more, &scenario);
	sandbox_path(&scene->sandbox, name, dir);
	assert_int_equal(perform(&plan, &scenario, NULL, dir, evidence, NULL), MSIV2_OK);
	check_whole(evidence);
	outcome = cJSON_GetStringValue(run_of(evidence, "outcome"));
	reason = cJSON_GetStringValue(run_of(evidence, "reason"));
	if (!text_equal(outcome, piece->outcome) || !strstr(reason, piece->reason))
		fail_msg("%s: %s", outcome, reason);
	assert_string_equal(cJSON_GetStringValue(run_of(evidence, "mode")),
	                    client_mode_words[piece->mode]);
	assert_int_equal(times, piece->mode == CLIENT_ADDRESS);
	assert_true(no_children());
}

static void play(void **state, const struct piece *piece, const char *name,
                 struct evidence *evidence)
{
	play_under(state, piece, name, 0, evidence);
}

static void each_way_to_go_has_its_outcome(void **state)
{
	static const struct piece pieces[] = {
	        {CLIENT_SHIM,
	         HELLO("\"memory\"", "") ANSWERS("{\"id\":1,\"ok\":false,\"error\":"
	                                         "{\"class\":\"config\"}}"),
	         "", "protocol", "start was refused: config"},
	        {CLIENT_SHIM, HELLO("\"hardware\"", "") "cat", "", "skipped", "has no memory keys"},
	        {CLIENT_SHIM, HELLO("\"memory\"", "\"claims\"") "cat",
	         "\"needs\":[\"call\",\"claims\"]", "skipped", "does not have: call"},
	        {CLIENT_SHIM, "exit 0", "\"keys\":[\"hardware\"]", "skipped",
	         "not about memory keys"},
	        {CLIENT_SHIM, "exit 0", "\"world\":{\"no-such-key\":1}", "error", "no-such-key"},
	        {CLIENT_SHIM, "exit 77", "", "cannot-run", "77"},
	        {CLIENT_COMMAND, "exit 0", "", "skipped", "nothing of the journal"},
	        {CLIENT_COMMAND, "exit 0", JOURNAL, "ran", ""},
	        {CLIENT_COMMAND, "exit 89", JOURNAL, "not-implemented", ""},
	        {CLIENT_COMMAND, "kill -SEGV $$", JOURNAL, "ended", ""},
	        {CLIENT_COMMAND, "sleep 1000", "\"time_limit_s\":1," JOURNAL, "timed-out", ""},
	        {CLIENT_ADDRESS, NULL, JOURNAL, "ran", ""},
	};

	for (size_t i = 0; i < TEXT_COUNT(pieces); i++) {
		OWNED_STRUCT(evidence) evidence = {0};

		play(state, &pieces[i], "stage", &evidence);
	}
}

/* Also in one of several, which is not the first. */
static void what_a_tool_finds_in_any_client_is_a_failure(void **state)
{
	static const struct piece pieces[] = {
	        {CLIENT_COMMAND, "exit 99", JOURNAL, "ended", "found something"},
	        {CLIENT_SHIM, HELLO("\"memory\"", "") COUNTS "exit 99", "", "ended",
	         "found something"},
	        {CLIENT_SHIM, HELLO("\"memory\"", "") COUNTS "exit 98", "", "ran", ""},
	        {CLIENT_SHIM,
	         "mkdir \"$HOME/first\" 2>/dev/null && code=0 || code=99; " HELLO(
	                 "\"memory\"", "\"acquire_many\"") COUNTS "exit $code",
	         CROWD, "ended", "found something"},
	};

	for (size_t i = 0; i < TEXT_COUNT(pieces); i++) {
		OWNED_STRUCT(evidence) evidence = {0};

		play_under(state, &pieces[i], "stage", 99, &evidence);
	}
}

static void a_black_box_is_judged_by_the_journal_alone(void **state)
{
	static const struct piece piece = {
	        CLIENT_COMMAND, "echo 'so long' >&2; exit 3",
	        "\"steps\":[{\"do\":\"acquire\",\"expect\":{\"source\":\"network\"}}]," JOURNAL,
	        "ran", ""};
	OWNED_STRUCT(evidence) evidence = {0};
	OWNED_STRUCT(bytes) scenario = {0};
	const cJSON *exit;

	play(state, &piece, "stage", &evidence);
	json_print(evidence.scenario, &scenario);
	assert_null(strstr(bytes_text(&scenario), "network"));
	assert_non_null(strstr(bytes_text(&scenario), "\"journal\""));
	assert_string_equal(bytes_text(&evidence.stderr_text), "so long\n");
	exit = cJSON_GetObjectItemCaseSensitive(run_of(&evidence, "exit"), "status");
	assert_true(cJSON_IsNumber(exit) && exit->valueint == 3);
}

static void secrets_are_found_wherever_a_client_leaves_them(void **state)
{
	static const struct {
		const char *text, *where;
	} rows[] = {{"echo " JWT " >&2; ", "standard error"},
	            {"printf 'a\\0 " JWT "' >&2; ", "standard error"},
	            {"mkdir -m 0 \"$HOME/shut\"; echo " JWT " >\"$HOME/file\"; ", "file"},
	            {"echo " JWT " >\"$TMPDIR/x\"; ", "tmp/x"}};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) command = {0};
		OWNED_STRUCT(evidence) evidence = {0};
		OWNED_STRUCT(bytes) secrets = {0};
		struct piece piece = {CLIENT_COMMAND, NULL, JOURNAL, "ran", ""};

		bytes_addf(&command, "%sexit 0", rows[i].text);
		piece.command = bytes_text(&command);
		play(state, &piece, "stage", &evidence);
		json_print(cJSON_GetObjectItemCaseSensitive(evidence.seen, "secrets"), &secrets);
		if (!strstr(bytes_text(&secrets), rows[i].where))
			fail_msg("%s: %s", rows[i].where, bytes_text(&secrets));
	}
}

static void a_folder_that_cannot_be_made_is_an_outcome_of_ours(void **state)
{
	static const struct piece piece = {CLIENT_SHIM, "exit 0", "", "error", "none/below"};
	OWNED_STRUCT(evidence) evidence = {0};

	play(state, &piece, "none/below", &evidence);
	assert_true(cJSON_IsNull(run_of(&evidence, "exit")));
	assert_true(cJSON_IsNull(run_of(&evidence, "shim")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_way_to_go_has_its_outcome),
	        cmocka_unit_test(what_a_tool_finds_in_any_client_is_a_failure),
	        cmocka_unit_test(a_black_box_is_judged_by_the_journal_alone),
	        cmocka_unit_test(secrets_are_found_wherever_a_client_leaves_them),
	        cmocka_unit_test(a_folder_that_cannot_be_made_is_an_outcome_of_ours),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, setup, teardown);
}
