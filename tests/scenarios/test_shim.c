/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/feature.h"
#include "scenarios/runner/shim.h"
#include "tests/testing.h"

#define HELLO                                                                                      \
	"echo '{\"protocol\":1,\"name\":\"fake\",\"keys\":[\"memory\",\"sponge\"],"                \
	"\"features\":[\"call\",\"virtual_time\",\"telepathy\"]}'; "
/* Answers each command with the lines of $ANSWER. */
#define ANSWER(text) HELLO "while read -r line; do echo '" text "'; done"
/* A wait from a shim without virtual_time. */
#define UNPROVIDED_WAIT                                                                            \
	"echo '{\"protocol\":1,\"name\":\"x\",\"keys\":[],\"features\":[]}'; read -r line; "       \
	"echo '{\"wait_ms\":1}'; read -r line"
#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmNkZWZnaCJ9.c2lnbmF0dXJlc2lnbmF0dXJl"

#define LONG_MS  20000
#define SHORT_MS 50

static int64_t waited_ms;

static void note_wait(void *ctx, int64_t ms)
{
	(void)ctx;
	waited_ms += ms;
}

/* Starts a fake shim with that much time. */
static enum shim_outcome start(struct shim *shim, const char *command, int64_t ms)
{
	enum shim_outcome outcome = SHIM_OUTCOME_COUNT;

	waited_ms = 0;
	shim->time = (struct shim_time){note_wait, NULL};
	assert_int_equal(shim_start(shim, command, "/", environ,
	                            clock_deadline_us(clock_system(), ms), &outcome, NULL),
	                 MSIV2_OK);
	return outcome;
}

/* Asks one command; the reply is owned by the caller. */
static enum shim_outcome ask(struct shim *shim, int64_t ms, cJSON *waits, cJSON **reply)
{
	enum shim_outcome outcome = SHIM_OUTCOME_COUNT;
	OWNED(cJSON) *command = cJSON_CreateObject();

	assert_non_null(cJSON_AddStringToObject(command, "command", "acquire"));
	assert_int_equal(shim_ask(shim, command, clock_deadline_us(clock_system(), ms), waits,
	                          &outcome, reply, NULL),
	                 MSIV2_OK);
	assert_int_equal(*reply != NULL, outcome == SHIM_ANSWERED);
	return outcome;
}

/* Starts, asks once, and tells what came of it. */
static enum shim_outcome outcome_of(const char *command, int64_t ms)
{
	OWNED(cJSON) *waits = cJSON_CreateArray();
	OWNED_STRUCT(shim) shim = {0};
	OWNED(cJSON) *reply = NULL;
	enum shim_outcome outcome = start(&shim, command, LONG_MS);

	if (outcome == SHIM_ANSWERED)
		outcome = ask(&shim, ms, waits, &reply);
	assert_int_equal(shim.reason[0] != '\0', outcome != SHIM_ANSWERED);
	return outcome;
}

static void the_first_line_tells_keys_and_features(void **state)
{
	OWNED_STRUCT(shim) shim = {0};

	(void)state;
	assert_int_equal(start(&shim, HELLO "read -r line", LONG_MS), SHIM_ANSWERED);
	assert_int_equal(shim.keys, FEATURE_BIT(KEY_KIND_MEMORY));
	assert_int_equal(shim.features,
	                 FEATURE_BIT(FEATURE_CALL) | FEATURE_BIT(FEATURE_VIRTUAL_TIME));
	assert_string_equal(
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(shim.hello, "name")), "fake");
}

static void a_reply_comes_back_with_the_id_of_its_command(void **state)
{
	OWNED(cJSON) *waits = cJSON_CreateArray();
	OWNED_STRUCT(shim) shim = {0};
	OWNED(cJSON) *reply = NULL;

	(void)state;
	assert_int_equal(start(&shim, ANSWER("{\"id\":1,\"ok\":true,\"x\":5}"), LONG_MS),
	                 SHIM_ANSWERED);
	assert_int_equal(ask(&shim, LONG_MS, waits, &reply), SHIM_ANSWERED);
	assert_true(cJSON_HasObjectItem(reply, "x"));
	assert_non_null(strstr(bytes_text(&shim.redacted), "{\"to\":{\"command\":\"acquire\""));
	assert_non_null(strstr(bytes_text(&shim.redacted), "{\"from\":{\"id\":1"));
}

static void waits_are_granted_and_counted(void **state)
{
	OWNED(cJSON) *waits = cJSON_CreateArray();
	OWNED_STRUCT(shim) shim = {0};
	OWNED(cJSON) *reply = NULL;

	(void)state;
	assert_int_equal(start(&shim,
	                       HELLO "read -r line; echo '{\"wait_ms\":1500}'; read -r line; "
	                             "case $line in *'\"waited_ms\":1500'*) ;; *) exit 1 ;; esac; "
	                             "echo '{\"wait_ms\":500}'; read -r line; "
	                             "echo '{\"id\":1,\"ok\":true}'; read -r line",
	                       LONG_MS),
	                 SHIM_ANSWERED);
	assert_int_equal(ask(&shim, LONG_MS, waits, &reply), SHIM_ANSWERED);
	assert_int_equal(waited_ms, 2000);
	assert_int_equal(cJSON_GetArraySize(waits), 2);
}

static void what_the_protocol_does_not_allow_is_told(void **state)
{
	static const char *const commands[] = {
	        "echo nonsense; read -r line",
	        "echo '{\"protocol\":2,\"name\":\"x\",\"keys\":[],\"features\":[]}'; read -r line",
	        "echo '{\"protocol\":1,\"keys\":[],\"features\":[]}'; read -r line",
	        "echo '{\"protocol\":1,\"name\":\"x\",\"features\":[]}'; read -r line",
	        ANSWER("nonsense"),
	        ANSWER("[]"),
	        ANSWER("{\"id\":2,\"ok\":true}"),
	        ANSWER("{\"id\":1}"),
	        ANSWER("{\"id\":1,\"ok\":false}"),
	        ANSWER("{\"id\":1,\"ok\":false,\"error\":{}}"),
	        ANSWER("{\"wait_ms\":-1}"),
	        ANSWER("{\"wait_ms\":\"1\"}"),
	        UNPROVIDED_WAIT,
	        "head -c 1200000 /dev/zero | tr '\\0' a; echo; read -r line",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(commands); i++)
		if (outcome_of(commands[i], LONG_MS) != SHIM_BROKE_PROTOCOL)
			fail_msg("%s", commands[i]);
}

static void the_exit_status_says_what_cannot_be_done(void **state)
{
	(void)state;
	assert_int_equal(outcome_of("exit 89", LONG_MS), SHIM_IS_NOT_IMPLEMENTED);
	assert_int_equal(outcome_of("exit 77", LONG_MS), SHIM_IS_UNABLE);
	assert_int_equal(outcome_of("exit 0", LONG_MS), SHIM_WENT_AWAY);
	assert_int_equal(outcome_of("kill -SEGV $$", LONG_MS), SHIM_WENT_AWAY);
	assert_int_equal(outcome_of(HELLO "read -r line; exit 89", LONG_MS),
	                 SHIM_IS_NOT_IMPLEMENTED);
	assert_int_equal(outcome_of(HELLO "read -r line; exit 77", LONG_MS), SHIM_IS_UNABLE);
	assert_int_equal(outcome_of(HELLO "read -r line; exit 3", LONG_MS), SHIM_WENT_AWAY);
}

static void a_client_that_hangs_is_late(void **state)
{
	(void)state;
	assert_int_equal(outcome_of(HELLO "cat >/dev/null", SHORT_MS), SHIM_IS_LATE);
}

static void a_client_that_never_stops_talking_comes_to_an_end(void **state)
{
	(void)state;
	assert_int_equal(outcome_of(HELLO "yes >&2; :", SHORT_MS), SHIM_IS_LATE);
	assert_int_equal(outcome_of(HELLO "exec yes", LONG_MS), SHIM_BROKE_PROTOCOL);
	/* It waits again and again, and reads what it is granted, or does not. */
	assert_int_equal(outcome_of(HELLO "yes '{\"wait_ms\":0}' & exec cat >/dev/null", LONG_MS),
	                 SHIM_BROKE_PROTOCOL);
	assert_int_equal(waited_ms, 0);
	assert_int_equal(outcome_of(HELLO "exec yes '{\"wait_ms\":0}'", SHORT_MS), SHIM_IS_LATE);
}

static void a_line_that_was_cut_is_no_answer(void **state)
{
	(void)state;
	assert_int_equal(outcome_of(HELLO "read -r line; printf '{\"id\":1,\"ok\":true}'", LONG_MS),
	                 SHIM_WENT_AWAY);
	assert_int_equal(outcome_of("printf '{\"protocol\":1,'; exit 77", LONG_MS), SHIM_IS_UNABLE);
	assert_int_equal(outcome_of(HELLO "exec >&-; cat >/dev/null", LONG_MS), SHIM_WENT_AWAY);
}

/* Whatever cannot be had, it is the runner's trouble and not the client's. */
static void memory_that_runs_out_is_no_outcome(void **state)
{
	unsigned failures = 0;
	bool happened = true;

	(void)state;
	for (unsigned nth = 1; happened; nth++) {
		OWNED(cJSON) *command = cJSON_CreateObject();
		OWNED(cJSON) *waits = cJSON_CreateArray();
		enum shim_outcome outcome = SHIM_ANSWERED;
		OWNED_STRUCT(shim) shim = {0};
		OWNED(cJSON) *reply = NULL;
		struct msiv2_error err = {0};
		enum msiv2_rc rc;

		shim.time = (struct shim_time){note_wait, NULL};
		scarce_at(SCARCE_MEMORY, nth);
		rc = shim_start(&shim,
		                HELLO "read -r line; echo '{\"wait_ms\":1}'; read -r line; "
		                      "echo '{\"id\":1,\"ok\":true}'; read -r line",
		                "/", environ, clock_deadline_us(clock_system(), LONG_MS), &outcome,
		                &err);
		if (rc == MSIV2_OK && outcome == SHIM_ANSWERED)
			rc = shim_ask(&shim, command, clock_deadline_us(clock_system(), LONG_MS),
			              waits, &outcome, &reply, &err);
		happened = scarce_end();
		assert_int_equal(outcome, SHIM_ANSWERED);
		if (rc != MSIV2_OK)
			assert_int_equal(err.rc, MSIV2_INTERNAL);
		/* What is kept for the evidence may have failed: then it says so. */
		assert_true(rc != MSIV2_OK || reply);
		if (happened)
			assert_true(rc != MSIV2_OK || shim.raw.failed || shim.redacted.failed);
		failures += rc != MSIV2_OK;
		assert_in_range(nth, 1, 1000);
	}
	assert_in_range(failures, 20, 1000);
}

static void tokens_in_a_reply_are_kept_out_of_the_evidence(void **state)
{
	OWNED(cJSON) *waits = cJSON_CreateArray();
	OWNED_STRUCT(bytes) shown = {0};
	OWNED_STRUCT(shim) shim = {0};
	OWNED(cJSON) *reply = NULL;

	(void)state;
	assert_int_equal(start(&shim,
	                       ANSWER("{\"id\":1,\"ok\":true,\"deep\":[{\"t\":\"x " JWT "\"}]}"),
	                       LONG_MS),
	                 SHIM_ANSWERED);
	assert_int_equal(ask(&shim, LONG_MS, waits, &reply), SHIM_ANSWERED);
	json_print(reply, &shown);
	assert_null(strstr(bytes_text(&shown), "eyJ"));
	assert_null(strstr(bytes_text(&shim.redacted), "eyJ"));
	assert_non_null(strstr(bytes_text(&shim.raw), JWT));
}

static void stderr_is_gathered_and_children_end_with_the_shim(void **state)
{
	OWNED_STRUCT(shim) shim = {0};
	pid_t group;

	(void)state;
	assert_int_equal(
	        start(&shim, "echo trouble >&2; sleep 1000 & " HELLO "cat >/dev/null", LONG_MS),
	        SHIM_ANSWERED);
	group = shim.process.pid;
	assert_int_equal(kill(-group, 0), 0);
	shim_quit(&shim, clock_deadline_us(clock_system(), SHORT_MS));
	assert_string_equal(bytes_text(&shim.process.err_out), "trouble\n");
	assert_int_equal(shim.process.pid, 0);
}

static void a_shim_that_quits_ends_by_itself(void **state)
{
	OWNED_STRUCT(shim) shim = {0};

	(void)state;
	assert_int_equal(
	        start(&shim, HELLO "read -r line; echo '{\"id\":1,\"ok\":true}'; exit 0", LONG_MS),
	        SHIM_ANSWERED);
	shim_quit(&shim, clock_deadline_us(clock_system(), LONG_MS));
	assert_int_equal(shim.process.signal, 0);
	assert_int_equal(shim.process.status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_line_tells_keys_and_features),
	        cmocka_unit_test(a_reply_comes_back_with_the_id_of_its_command),
	        cmocka_unit_test(waits_are_granted_and_counted),
	        cmocka_unit_test(what_the_protocol_does_not_allow_is_told),
	        cmocka_unit_test(the_exit_status_says_what_cannot_be_done),
	        cmocka_unit_test(a_client_that_hangs_is_late),
	        cmocka_unit_test(a_client_that_never_stops_talking_comes_to_an_end),
	        cmocka_unit_test(a_line_that_was_cut_is_no_answer),
	        cmocka_unit_test(memory_that_runs_out_is_no_outcome),
	        cmocka_unit_test(tokens_in_a_reply_are_kept_out_of_the_evidence),
	        cmocka_unit_test(stderr_is_gathered_and_children_end_with_the_shim),
	        cmocka_unit_test(a_shim_that_quits_ends_by_itself),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
