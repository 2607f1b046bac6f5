/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"
#include "scarce.h"
#include "scenarios/runner/tree.h"
#include "tests/testing.h"
#include "troupe.h"

#define MANY      9
#define SLOW_MS   20000 /* nothing here takes so long unless something was waited for */
#define POINTS    8     /* of a run at which something fails */
#define CALLS_MAX 1000000
#define FILE_MAX  ((size_t)1024 * 1024)

/* A client that ends with status 3 from its nth start on. */
#define MORTAL_SHIM(n)                                                                             \
	"mktemp ./start.XXXXXX >&2; [ $(ls | wc -l) -lt " #n " ] || exit 3\n" TROUPE_SHIM
/* One that fails everything from its nth start on. */
#define SPOILT_SHIM(n)                                                                             \
	"mktemp ./start.XXXXXX >&2; [ $(ls | wc -l) -lt " #n " ] || spoilt=deny\n"                 \
	"echo '{\"protocol\":1,\"name\":\"fake\",\"keys\":[\"memory\"],\"features\":[]}'\n"        \
	"while read -r line; do\n"                                                                 \
	"id=${line##*\\\"id\\\":}; id=${id%%[,\\}]*}\n"                                            \
	"case $spoilt$line in\n"                                                                   \
	"deny*acquire*) echo "                                                                     \
	"\"{\\\"id\\\":$id,\\\"ok\\\":false,\\\"error\\\":{\\\"class\\\":\\\"internal\\\"}}\";;\n" \
	"*) echo \"{\\\"id\\\":$id,\\\"ok\\\":true}\";;\n"                                         \
	"esac\ndone\n"

static int setup(void **state)
{
	static struct troupe troupe;

	troupe_make(&troupe);
	*state = &troupe;
	return 0;
}

static int teardown(void **state)
{
	troupe_drop(*state);
	return 0;
}

static void add_some(struct troupe *troupe, const char *group, int count, const char *resource)
{
	for (int i = 0; i < count; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n%02d", i);
		troupe_add(troupe, group, name, resource, NULL);
	}
}

static void add_many(struct troupe *troupe, const char *resource)
{
	add_some(troupe, "sts", MANY, resource);
}

static void play(void **state, const char *shim)
{
	struct msiv2_error err = {0};

	if (troupe_run(*state, shim, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
}

/* A mortal shim begins to count anew. */
static void forget_starts(const struct troupe *troupe)
{
	char path[SANDBOX_PATH];

	sandbox_path(&troupe->sandbox, "work", path);
	tree_remove(path);
	sandbox_folder(&troupe->sandbox, "work");
}

/* The verdict in the folder that the row names is the row's. */
static void check_evidence(const struct result *result)
{
	static const struct blame blame = {MSIV2_CONFIG, "verdict.json"};
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED(cJSON) *verdict = NULL;

	assert_true(result->ran);
	assert_non_null(result->evidence);
	bytes_addf(&path, "%s/verdict.json", result->evidence);
	assert_int_equal(files_read(bytes_text(&path), FILE_MAX, MSIV2_CONFIG, &text, NULL),
	                 MSIV2_OK);
	assert_int_equal(json_parse_object(text.data, text.len, &blame, &verdict, NULL), MSIV2_OK);
	assert_string_equal(
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(verdict, "verdict")),
	        verdict_word(result->verdict.kind));
}

static size_t count_ran(const struct troupe *troupe)
{
	size_t count = 0;

	for (size_t i = 0; i < troupe->results.count; i++)
		count += troupe->results.items[i].ran;
	return count;
}

/* What did not run says why, and is no verdict about the client. */
static void check_not_run(const struct troupe *troupe, const char *why)
{
	for (size_t i = 0; i < troupe->results.count; i++) {
		const struct result *result = &troupe->results.items[i];

		if (result->ran)
			continue;
		assert_int_equal(result->verdict.kind, VERDICT_ERROR);
		assert_true(text_starts(result->verdict.reason, "not run: "));
		assert_non_null(strstr(result->verdict.reason, why));
		assert_null(result->seen);
	}
	assert_non_null(strstr(troupe->results.broken, why));
	assert_true(results_bad(&troupe->results));
}

/* ---- dead clients ---- */

static void clients_that_die_while_the_sane_one_lives_are_all_played(void **state)
{
	struct troupe *troupe = *state;

	add_many(troupe, "die");
	play(state, TROUPE_SHIM);
	assert_int_equal(count_ran(troupe), MANY + 1);
	assert_int_equal(results_count(&troupe->results, VERDICT_FAIL), MANY);
	assert_string_equal(troupe->results.broken, "");
}

/* Starts: the sane one and four of the group live. */
static void a_client_that_is_dead_for_good_ends_the_run(void **state)
{
	static const unsigned jobs[] = {1, 4};
	struct troupe *troupe = *state;

	add_some(troupe, "flow", 2 * MANY, "good");
	for (size_t i = 0; i < TEXT_COUNT(jobs); i++) {
		troupe->plan.jobs = jobs[i];
		play(state, MORTAL_SHIM(5));
		/* Those at once come in any order: one that lives begins the row anew. */
		assert_in_range(count_ran(troupe), RUN_DEAD_LIMIT,
		                RUN_DEAD_LIMIT + 2 * (jobs[i] + 1));
		check_not_run(troupe, "after many clients that went away");
		troupe_verdict(troupe, RUN_SANITY, VERDICT_FAIL, "exit status 3");
		forget_starts(troupe);
	}
}

static void a_client_that_is_dead_from_the_beginning_plays_nothing_else(void **state)
{
	struct troupe *troupe = *state;

	add_many(troupe, "good");
	play(state, "exit 3");
	assert_int_equal(count_ran(troupe), 1);
	assert_int_equal(troupe->results.count, MANY + 1);
	troupe_verdict(troupe, RUN_SANITY, VERDICT_FAIL, "exit status 3");
	check_not_run(troupe, "before anything else");
}

/* Nobody asked for the sane scenario; it is a row all the same. */
static void what_ends_a_run_is_among_its_results(void **state)
{
	static const char *const group[] = {"sts"};
	struct troupe *troupe = *state;

	add_many(troupe, "good");
	troupe->selection.filters = group;
	troupe->selection.filter_count = 1;
	play(state, "exit 3");
	assert_int_equal(troupe->results.count, MANY + 1);
	assert_int_equal(results_count(&troupe->results, VERDICT_FAIL), 1);
	assert_int_equal(results_unplayed(&troupe->results), MANY);
}

/* The sane scenario is played beside its own group, and ends the run there or not. */
static void a_row_has_the_evidence_of_its_own_verdict(void **state)
{
	static const char *const shims[] = {MORTAL_SHIM(2), MORTAL_SHIM(3), MORTAL_SHIM(4),
	                                    MORTAL_SHIM(5), MORTAL_SHIM(6), MORTAL_SHIM(9)};
	struct troupe *troupe = *state;
	unsigned ended = 0;

	troupe_add(troupe, "csr", "a", "good", NULL);
	troupe_add(troupe, "csr", "b", "good", NULL);
	troupe->plan.jobs = 2;
	troupe->plan.out_dir = troupe->out_dir;
	troupe->plan.keep = true;
	for (size_t i = 0; i < TEXT_COUNT(shims); i++) {
		play(state, shims[i]);
		ended += troupe->results.broken[0] != '\0';
		check_evidence(troupe_result(troupe, RUN_SANITY));
		forget_starts(troupe);
	}
	assert_in_range(ended, 1, TEXT_COUNT(shims) - 1);
}

static void a_client_that_was_sane_and_is_not_any_more_ends_the_run(void **state)
{
	struct troupe *troupe = *state;

	add_many(troupe, "good");
	troupe_add(troupe, "zzz", "last", "good", NULL);
	play(state, SPOILT_SHIM(10));
	check_not_run(troupe, "after the group sts");
	assert_int_equal(count_ran(troupe), MANY + 1);
	troupe_verdict(troupe, RUN_SANITY, VERDICT_FAIL, "");
	assert_false(troupe_result(troupe, "zzz.last")->ran);
}

static void a_client_that_never_was_sane_is_explained_by_the_others(void **state)
{
	struct troupe *troupe = *state;

	add_many(troupe, "good");
	troupe_add(troupe, "flow", "cold", "deny", NULL);
	play(state, TROUPE_SHIM);
	assert_int_equal(count_ran(troupe), MANY + 1);
	assert_string_equal(troupe->results.broken, "");
	troupe_verdict(troupe, "flow.cold", VERDICT_FAIL, "sts_refused");
}

static void without_the_sane_scenario_a_run_comes_to_its_end(void **state)
{
	struct troupe *troupe = *state;
	char path[SANDBOX_PATH];

	add_many(troupe, "die");
	sandbox_path(&troupe->sandbox, "catalogue/flow/cold.json", path);
	assert_int_equal(fs_unlink(path), 0);
	play(state, TROUPE_SHIM);
	assert_int_equal(count_ran(troupe), MANY);
	assert_string_equal(troupe->results.broken, "");
}

/* ---- interrupted runs ---- */

/* Asks for the end when so many are done. */
static size_t stop_when;

static void stop_then(void *ctx, const struct result *result, size_t done, size_t total)
{
	struct troupe *troupe = ctx;

	(void)result;
	(void)total;
	if (done == stop_when)
		stop_ask(&troupe->stop);
}

static void a_run_that_is_stopped_in_the_middle_keeps_what_it_has(void **state)
{
	struct troupe *troupe = *state;

	add_many(troupe, "good");
	troupe->plan.jobs = 4;
	troupe->plan.told = stop_then;
	troupe->plan.perform.stop = &troupe->stop;
	stop_when = 5;
	play(state, TROUPE_SHIM);
	assert_in_range(count_ran(troupe), 5, 5 + 4);
	assert_int_equal(results_count(&troupe->results, VERDICT_PASS), count_ran(troupe));
	assert_int_equal(troupe->results.count, MANY + 1);
	check_not_run(troupe, "interrupted");
}

/* Under a debugger nothing has a time limit. */
static void a_client_that_hangs_does_not_hold_up_the_end(void **state)
{
	int64_t begun = clock_mono_us(clock_system());
	struct troupe *troupe = *state;

	troupe_add(troupe, "flow", "hangs", "hang", NULL);
	troupe_add(troupe, "flow", "well", "good", NULL);
	troupe_add(troupe, "flow", "floods", "flood", NULL);
	troupe->plan.jobs = 4;
	troupe->plan.told = stop_then;
	troupe->plan.perform.patient = true;
	troupe->plan.perform.stop = &troupe->stop;
	troupe->plan.out_dir = troupe->out_dir;
	troupe->plan.keep = true;
	stop_when = 2;
	play(state, TROUPE_SHIM);
	assert_true(clock_mono_us(clock_system()) - begun < SLOW_MS * CLOCK_US_PER_MS);
	assert_int_equal(count_ran(troupe), 2);
	assert_false(troupe_result(troupe, "flow.hangs")->ran);
	check_not_run(troupe, "interrupted");
}

static void a_run_that_is_stopped_before_it_begins_plays_nothing(void **state)
{
	struct troupe *troupe = *state;

	add_many(troupe, "good");
	troupe->plan.perform.stop = &troupe->stop;
	stop_ask(&troupe->stop);
	play(state, TROUPE_SHIM);
	assert_int_equal(count_ran(troupe), 0);
	check_not_run(troupe, "interrupted");
}

/* ---- what runs out ---- */

/* One run in which that call fails; true when it did. What the runner lacks is never the client's
 * fault. */
static bool run_without(struct troupe *troupe, enum scarce what, unsigned nth)
{
	struct msiv2_error err = {0};
	enum msiv2_rc rc;
	bool happened;

	scarce_at(what, nth);
	rc = troupe_run(troupe, TROUPE_SHIM, &err);
	happened = scarce_end();
	assert_int_equal(err.rc, rc);
	if (rc != MSIV2_OK) {
		assert_true(happened);
		assert_int_equal(troupe->results.count, 0);
		return happened;
	}
	for (size_t i = 0; i < troupe->results.count; i++) {
		const struct verdict *verdict = &troupe->results.items[i].verdict;

		if (verdict->kind != VERDICT_PASS && verdict->kind != VERDICT_ERROR &&
		    verdict->kind != VERDICT_SKIP)
			fail_msg("%u: %s: %s", nth, verdict->scenario, verdict->reason);
	}
	return happened;
}

/* How many calls a whole run takes. */
static unsigned count_calls(struct troupe *troupe, enum scarce what)
{
	unsigned calls;

	scarce_at(what, CALLS_MAX);
	assert_int_equal(troupe_run(troupe, TROUPE_SHIM, NULL), MSIV2_OK);
	calls = scarce_used(what);
	assert_false(scarce_end());
	return calls;
}

static void what_the_runner_lacks_is_never_the_clients_fault(void **state)
{
	struct troupe *troupe = *state;

	troupe->plan.out_dir = troupe->out_dir;
	troupe->plan.keep = true;
	for (int what = SCARCE_MEMORY; what <= SCARCE_FILES; what++) {
		unsigned calls = count_calls(troupe, (enum scarce)what);
		unsigned happened = 0;

		for (unsigned i = 0; i < POINTS; i++)
			happened += run_without(troupe, (enum scarce)what, 1 + calls * i / POINTS);
		assert_in_range(happened, POINTS / 2, POINTS);
	}
}

#define WITH_TROUPE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_TROUPE(clients_that_die_while_the_sane_one_lives_are_all_played),
	        WITH_TROUPE(a_client_that_is_dead_for_good_ends_the_run),
	        WITH_TROUPE(a_client_that_is_dead_from_the_beginning_plays_nothing_else),
	        WITH_TROUPE(what_ends_a_run_is_among_its_results),
	        WITH_TROUPE(a_row_has_the_evidence_of_its_own_verdict),
	        WITH_TROUPE(a_client_that_was_sane_and_is_not_any_more_ends_the_run),
	        WITH_TROUPE(a_client_that_never_was_sane_is_explained_by_the_others),
	        WITH_TROUPE(without_the_sane_scenario_a_run_comes_to_its_end),
	        WITH_TROUPE(a_run_that_is_stopped_in_the_middle_keeps_what_it_has),
	        WITH_TROUPE(a_client_that_hangs_does_not_hold_up_the_end),
	        WITH_TROUPE(a_run_that_is_stopped_before_it_begins_plays_nothing),
	        WITH_TROUPE(what_the_runner_lacks_is_never_the_clients_fault),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	scarce_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
