/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/crowd.h"
#include "tests/testing.h"

#define LIMIT_MS 20000
#define HANG_MS  4000
#define LEAVE_MS 5000 /* what one that is asked to go has; two hang */

/* Counts its commands, since each reply has its number; $WAY happens before each of them. */
#define SHIM(way)                                                                                  \
	"echo '{\"protocol\":1,\"name\":\"fake\",\"keys\":[],"                                     \
	"\"features\":[\"virtual_time\"]}'; "                                                      \
	"n=0; while read -r line; do n=$((n+1)); " way                                             \
	"echo \"{\\\"id\\\":$n,\\\"ok\\\":true,\\\"results\\\":[{\\\"asked\\\":$line}]}\"; done"
/* Happens to all that were told to start: to the others. */
#define OTHERS(way)                                                                                \
	"case $line in *start*) other=1;; *) "                                                     \
	"[ -z \"$other\" ] || { " way "; };; esac; "
#define REFUSAL                                                                                    \
	"\"ok\":false,\"error\":{"                                                                 \
	"\"class\":\"config\",\"where\":\"x\",\"message\":\"no\"}"
#define AT_START(way) "case $line in *start*) " way ";; esac; "

static int64_t waited_ms;

/* Two at once would lose some of it. */
static void note_wait(void *ctx, int64_t ms)
{
	int64_t before = waited_ms;

	(void)ctx;
	clock_wait_us(clock_system(), 1000);
	waited_ms = before + ms;
}

struct crowd_bench {
	struct shim first;
	struct secrets secrets;
	cJSON *start, *command, *waits;
	cJSON *reply;
	enum shim_outcome outcome;
};

static void bench_free(struct crowd_bench *bench)
{
	shim_free(&bench->first);
	secrets_free(&bench->secrets);
	cJSON_Delete(bench->start);
	cJSON_Delete(bench->command);
	cJSON_Delete(bench->waits);
	cJSON_Delete(bench->reply);
}
DEFINE_OWNED_VALUE(crowd_bench, bench_free)

static int64_t deadline(void)
{
	return clock_deadline_us(clock_system(), LIMIT_MS);
}

/* Starts the first one. */
static void begin(struct crowd_bench *bench, const char *text)
{
	bench->start = cJSON_Parse("{\"command\":\"start\",\"store\":\"/s\","
	                           "\"seed\":41}");
	bench->command = cJSON_Parse("{\"command\":\"acquire_many\",\"n\":8,\"processes\":3}");
	bench->waits = cJSON_CreateArray();
	waited_ms = 0;
	bench->first.time = (struct shim_time){note_wait, NULL};
	assert_int_equal(
	        shim_start(&bench->first, text, "/", environ, deadline(), &bench->outcome, NULL),
	        MSIV2_OK);
	assert_int_equal(bench->outcome, SHIM_ANSWERED);
}

/* Has the crowd asked for eight by three. */
static enum msiv2_rc ask_three(struct crowd_bench *bench, const char *text, int64_t limit_ms)
{
	const struct crowd_plan plan = {.first = &bench->first,
	                                .command = text,
	                                .dir = "/",
	                                .environment = environ,
	                                .start = bench->start,
	                                .secrets = &bench->secrets};

	return crowd_ask(&plan, bench->command, 3, clock_deadline_us(clock_system(), limit_ms),
	                 bench->waits, &bench->outcome, &bench->reply, NULL);
}

static enum msiv2_rc gather(struct crowd_bench *bench, const char *text)
{
	begin(bench, text);
	return ask_three(bench, text, LIMIT_MS);
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static void each_process_asks_for_its_part(void **state)
{
	static const double parts[] = {3, 3, 2};
	OWNED_STRUCT(crowd_bench) bench = {0};
	const cJSON *results;

	(void)state;
	assert_int_equal(gather(&bench, SHIM("")), MSIV2_OK);
	assert_int_equal(bench.outcome, SHIM_ANSWERED);
	results = member(bench.reply, "results");
	assert_int_equal(cJSON_GetArraySize(results), TEXT_COUNT(parts));
	for (size_t i = 0; i < TEXT_COUNT(parts); i++) {
		const cJSON *asked = member(cJSON_GetArrayItem(results, (int)i), "asked");

		assert_true(member(asked, "n")->valuedouble == parts[i]);
		assert_string_equal(member(asked, "command")->valuestring, "acquire_many");
		assert_null(member(asked, "processes"));
	}
}

static void the_others_begin_as_the_first_one_did_and_leave_what_they_wrote(void **state)
{
	OWNED_STRUCT(crowd_bench) bench = {0};
	const char *lines;

	(void)state;
	assert_int_equal(gather(&bench, SHIM("echo \"heard of $n\" >&2; ")), MSIV2_OK);
	lines = bytes_text(&bench.first.redacted);
	lines = strstr(lines, "\"store\":\"/s\"");
	assert_non_null(lines);
	assert_non_null(strstr(lines + 1, "\"store\":\"/s\""));
	/* With seeds of their own. */
	assert_non_null(strstr(lines, "\"seed\":42"));
	assert_non_null(strstr(lines, "\"seed\":43"));
	/* acquire_many is the first word that the first one hears, and the second of the others. */
	assert_non_null(strstr(bytes_text(&bench.first.process.err_out), "heard of 2"));
	assert_non_null(strstr(bytes_text(&bench.first.raw), "\"id\":2"));
}

static void they_wait_one_at_a_time(void **state)
{
	OWNED_STRUCT(crowd_bench) bench = {0};

	(void)state;
	assert_int_equal(gather(&bench, SHIM("for i in 1 2 3 4 5; do "
	                                     "echo '{\"wait_ms\":7}'; read -r granted; done; ")),
	                 MSIV2_OK);
	/* Five of the first; of the others as many at start, again, and when they quit, which
	 * nobody is told of. */
	assert_int_equal(waited_ms, 7 * 5 * 7);
	assert_int_equal(cJSON_GetArraySize(bench.waits), 5 * 5);
	assert_ptr_equal(bench.first.time.wait_ms, note_wait);
}

static void one_that_goes_away_tells_for_all(void **state)
{
	OWNED_STRUCT(crowd_bench) bench = {0};

	(void)state;
	assert_int_equal(gather(&bench, SHIM(OTHERS("exit 3"))), MSIV2_OK);
	assert_int_equal(bench.outcome, SHIM_WENT_AWAY);
	assert_non_null(strstr(bench.first.reason, "3"));
	assert_null(bench.reply);
}

static void one_that_cannot_start_tells_for_all(void **state)
{
	OWNED_STRUCT(crowd_bench) bench = {0};

	(void)state;
	assert_int_equal(gather(&bench, SHIM(AT_START("exit 89"))), MSIV2_OK);
	assert_int_equal(bench.outcome, SHIM_IS_NOT_IMPLEMENTED);
	assert_null(bench.reply);
}

static void one_that_refuses_to_start_broke_the_protocol(void **state)
{
	OWNED_STRUCT(crowd_bench) bench = {0};

	(void)state;
	assert_int_equal(gather(&bench, SHIM(AT_START("echo '{\"id\":1," REFUSAL "}'; continue"))),
	                 MSIV2_OK);
	assert_int_equal(bench.outcome, SHIM_BROKE_PROTOCOL);
	assert_non_null(strstr(bench.first.reason, "refuses start"));
}

/* Their time is over: each would have five seconds more otherwise. */
static void those_that_hang_are_not_asked_to_go(void **state)
{
	static const char hangs[] = SHIM(OTHERS("exec sleep 1000"));
	OWNED_STRUCT(crowd_bench) bench = {0};
	int64_t begun_us;

	(void)state;
	begin(&bench, hangs);
	begun_us = clock_mono_us(clock_system());
	assert_int_equal(ask_three(&bench, hangs, HANG_MS), MSIV2_OK);
	assert_int_equal(bench.outcome, SHIM_IS_LATE);
	assert_true(clock_mono_us(clock_system()) - begun_us <
	            (HANG_MS + LEAVE_MS) * CLOCK_US_PER_MS);
}

static void a_failure_of_one_is_the_reply(void **state)
{
	OWNED_STRUCT(crowd_bench) bench = {0};

	(void)state;
	assert_int_equal(gather(&bench, SHIM(OTHERS("echo '{\"id\":2," REFUSAL "}'; continue"))),
	                 MSIV2_OK);
	assert_int_equal(bench.outcome, SHIM_ANSWERED);
	assert_true(cJSON_IsFalse(member(bench.reply, "ok")));
}

static void memory_that_runs_out_leaves_nothing_running(void **state)
{
	enum msiv2_rc rc = MSIV2_INTERNAL;

	(void)state;
	for (unsigned nth = 1;; nth++) {
		bool happened;

		{
			OWNED_STRUCT(crowd_bench) bench = {0};

			begin(&bench, SHIM(""));
			scarce_at(SCARCE_MEMORY, nth);
			rc = ask_three(&bench, SHIM(""), LIMIT_MS);
			happened = scarce_end();
			assert_true(rc == MSIV2_OK || rc == MSIV2_INTERNAL);
			assert_ptr_equal(bench.first.time.wait_ms, note_wait);
		}
		assert_true(no_children());
		if (!happened)
			break;
	}
	assert_int_equal(rc, MSIV2_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_process_asks_for_its_part),
	        cmocka_unit_test(the_others_begin_as_the_first_one_did_and_leave_what_they_wrote),
	        cmocka_unit_test(they_wait_one_at_a_time),
	        cmocka_unit_test(one_that_goes_away_tells_for_all),
	        cmocka_unit_test(one_that_cannot_start_tells_for_all),
	        cmocka_unit_test(one_that_refuses_to_start_broke_the_protocol),
	        cmocka_unit_test(those_that_hang_are_not_asked_to_go),
	        cmocka_unit_test(a_failure_of_one_is_the_reply),
	        cmocka_unit_test(memory_that_runs_out_leaves_nothing_running),
	};

	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
