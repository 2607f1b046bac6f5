/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "common/text.h"
#include "scenarios/runner/out_folder.h"
#include "tests/testing.h"
#include "troupe.h"

#define MANY 10

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

static void play(void **state)
{
	struct msiv2_error err = {0};

	if (troupe_run(*state, TROUPE_SHIM, &err) != MSIV2_OK)
		fail_msg("%s: %s", err.where, err.message);
}

static void each_end_of_a_client_has_its_verdict(void **state)
{
	static const struct {
		const char *resource;
		enum verdict_kind kind;
		const char *words;
	} rows[] = {{"good", VERDICT_PASS, ""},
	            {"deny", VERDICT_FAIL, "sts_refused"},
	            {"die", VERDICT_FAIL, "exit status 3"},
	            {"kill", VERDICT_FAIL, "signal 11"},
	            {"not-implemented", VERDICT_SKIP, "not implemented"},
	            {"cannot", VERDICT_SKIP, "cannot run here"},
	            {"hang", VERDICT_FAIL, "no answer came in time"},
	            {"garbage", VERDICT_FAIL, "no JSON object"},
	            {"cut", VERDICT_FAIL, "exit status 0"},
	            {"flood", VERDICT_FAIL, "no answer came in time"}};
	struct troupe *troupe = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		troupe_add(troupe, "sts", rows[i].resource, rows[i].resource, NULL);
	troupe->plan.jobs = 4;
	play(state);
	assert_int_equal(troupe->results.count, TEXT_COUNT(rows) + 1);
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		char id[64];

		(void)snprintf(id, sizeof(id), "sts.%s", rows[i].resource);
		troupe_verdict(troupe, id, rows[i].kind, rows[i].words);
	}
	assert_string_equal(troupe->results.broken, "");
	assert_int_equal(results_count(&troupe->results, VERDICT_PASS), 2);
	assert_int_equal(results_count(&troupe->results, VERDICT_SKIP), 2);
	assert_int_equal(results_count(&troupe->results, VERDICT_FAIL), 7);
	assert_true(results_bad(&troupe->results));
	assert_string_equal(cJSON_GetStringValue(
	                            cJSON_GetObjectItemCaseSensitive(troupe->results.shim, "name")),
	                    "fake");
}

/* What was told while the run went on. */
static struct {
	atomic_int inside;
	size_t calls;
	bool good;
} told;

static void note(void *ctx, const struct result *result, size_t done, size_t total)
{
	const struct troupe *troupe = ctx;

	told.good = told.good && atomic_fetch_add(&told.inside, 1) == 0 && result->ran &&
	            done == ++told.calls && total == troupe->catalogue.count;
	atomic_fetch_sub(&told.inside, 1);
}

static void many_at_once_are_each_played_once_and_told_one_by_one(void **state)
{
	struct troupe *troupe = *state;

	for (int i = 0; i < MANY; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n%d", i);
		troupe_add(troupe, i % 2 ? "sts" : "net", name, "good", NULL);
	}
	troupe->plan.jobs = 8;
	troupe->plan.told = note;
	told.calls = 0;
	told.good = true;
	play(state);
	assert_true(told.good);
	assert_int_equal(told.calls, MANY + 1);
	assert_int_equal(results_count(&troupe->results, VERDICT_PASS), MANY + 1);
	assert_false(results_bad(&troupe->results));
	for (size_t i = 0; i < troupe->results.count; i++)
		assert_ptr_equal(troupe->results.items[i].scenario, &troupe->catalogue.items[i]);
}

static void nothing_chosen_is_an_empty_run(void **state)
{
	static const char *const filters[] = {"none.*"};
	struct troupe *troupe = *state;

	troupe->selection = (struct selection){.filters = filters, .filter_count = 1};
	play(state);
	assert_int_equal(troupe->results.count, 0);
	assert_false(results_bad(&troupe->results));
}

static const char *twin_seen(const struct result *result)
{
	const cJSON *run = cJSON_GetObjectItemCaseSensitive(result->seen, "run");
	const cJSON *twin = cJSON_GetObjectItemCaseSensitive(run, "twin");

	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(twin, "verdict"));
}

/* The negative one comes first by its id, and its twin is of another group. */
static void a_negative_one_is_judged_with_the_verdict_of_its_twin(void **state)
{
	static const char *const filters[] = {"aaa.*"};
	struct troupe *troupe = *state;

	troupe_add(troupe, "aaa", "good-twin", "deny", "net.good");
	troupe_add(troupe, "aaa", "bad-twin", "deny", "net.bad");
	troupe_add(troupe, "aaa", "skipped-twin", "deny", "net.skipped");
	troupe_add(troupe, "net", "good", "good", NULL);
	troupe_add(troupe, "net", "bad", "deny", NULL);
	troupe_add(troupe, "net", "skipped", "not-implemented", NULL);
	troupe->selection = (struct selection){.filters = filters, .filter_count = 1};
	troupe->plan.jobs = 3;
	play(state);
	troupe_verdict(troupe, "aaa.good-twin", VERDICT_PASS, "");
	troupe_verdict(troupe, "aaa.bad-twin", VERDICT_FAIL, "twin");
	troupe_verdict(troupe, "aaa.skipped-twin", VERDICT_FAIL, "twin");
	assert_string_equal(twin_seen(troupe_result(troupe, "aaa.good-twin")), "pass");
	assert_string_equal(twin_seen(troupe_result(troupe, "aaa.bad-twin")), "fail");
	assert_string_equal(twin_seen(troupe_result(troupe, "aaa.skipped-twin")), "skip");
	assert_null(twin_seen(troupe_result(troupe, "net.good")));
	/* Twins ran, and are not counted. */
	assert_int_equal(troupe->results.count, 6);
	assert_true(troupe_result(troupe, "net.bad")->twin_only);
	assert_int_equal(results_count(&troupe->results, VERDICT_FAIL), 2);
}

static bool bundle_is_there(const struct troupe *troupe, const char *id)
{
	OWNED_STRUCT(bytes) path = {0};

	bytes_addf(&path, "%s/evidence/%s/verdict.json", troupe->out_dir, id);
	return files_exists(bytes_text(&path));
}

static void evidence_is_kept_of_what_was_bad_or_of_all(void **state)
{
	struct troupe *troupe = *state;
	char mark[SANDBOX_PATH];

	troupe_add(troupe, "sts", "good", "good", NULL);
	troupe_add(troupe, "sts", "bad", "deny", NULL);
	troupe->plan.out_dir = troupe->out_dir;
	play(state);
	assert_true(bundle_is_there(troupe, "sts.bad"));
	assert_false(bundle_is_there(troupe, "sts.good"));
	assert_non_null(strstr(troupe_result(troupe, "sts.bad")->evidence, "out/evidence/sts.bad"));
	assert_null(troupe_result(troupe, "sts.good")->evidence);
	sandbox_path(&troupe->sandbox, "out/" RUN_MARK, mark);
	assert_true(files_exists(mark));
	troupe->plan.keep = true;
	play(state);
	assert_true(bundle_is_there(troupe, "sts.good"));
	/* The next run replaces what was there. */
	troupe->plan.keep = false;
	play(state);
	assert_false(bundle_is_there(troupe, "sts.good"));
}

static void evidence_can_be_judged_again_to_the_same_verdict(void **state)
{
	struct troupe *troupe = *state;

	troupe_add(troupe, "sts", "bad", "die", NULL);
	troupe->plan.out_dir = troupe->out_dir;
	troupe->plan.keep = true;
	play(state);
	for (size_t i = 0; i < troupe->results.count; i++) {
		const struct result *result = &troupe->results.items[i];
		OWNED_STRUCT(evidence) evidence = {0};
		OWNED_STRUCT(verdict) verdict = {0};

		assert_int_equal(evidence_read(result->evidence, &evidence, NULL), MSIV2_OK);
		assert_int_equal(judge(evidence.scenario, evidence.seen, &verdict, NULL), MSIV2_OK);
		assert_int_equal(verdict.kind, result->verdict.kind);
		assert_string_equal(verdict.reason, result->verdict.reason);
		assert_int_equal(verdict.check_count, result->verdict.check_count);
	}
}

static void folders_of_somebody_else_are_left_alone(void **state)
{
	struct troupe *troupe = *state;
	struct msiv2_error err = {0};
	char path[SANDBOX_PATH];

	troupe->plan.out_dir = troupe->out_dir;
	sandbox_folder(&troupe->sandbox, "out");
	sandbox_folder(&troupe->sandbox, "out/evidence");
	sandbox_write(&troupe->sandbox, "out/evidence/file", "mine", 4);
	assert_int_equal(troupe_run(troupe, TROUPE_SHIM, &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.where, "out/evidence"));
	sandbox_path(&troupe->sandbox, "out/evidence/file", path);
	assert_true(files_exists(path));
	assert_int_equal(troupe->results.count, 0);
	troupe->plan.out_dir = "/nowhere/at/all";
	assert_int_equal(troupe_run(troupe, TROUPE_SHIM, &err), MSIV2_CONFIG);
	assert_string_equal(err.where, "/nowhere/at/all");
}

/* The folder of the evidence has become a link to somebody's folder: the link goes. */
static void a_link_in_place_of_the_evidence_leads_nowhere(void **state)
{
	struct troupe *troupe = *state;
	char link[SANDBOX_PATH];
	char path[SANDBOX_PATH];
	struct stat facts;

	troupe->plan.out_dir = troupe->out_dir;
	troupe->plan.keep = true;
	sandbox_folder(&troupe->sandbox, "mine");
	sandbox_write(&troupe->sandbox, "mine/file", "x", 1);
	sandbox_folder(&troupe->sandbox, "out");
	sandbox_write(&troupe->sandbox, "out/" RUN_MARK, "{}", 2);
	sandbox_path(&troupe->sandbox, "out/evidence", link);
	sandbox_path(&troupe->sandbox, "mine", path);
	assert_int_equal(symlink(path, link), 0);
	play(state);
	assert_true(bundle_is_there(troupe, "flow.cold"));
	assert_int_equal(lstat(link, &facts), 0);
	assert_true(S_ISDIR(facts.st_mode));
	sandbox_path(&troupe->sandbox, "mine/file", path);
	assert_true(files_exists(path));
}

static void bend(void *ctx, const struct scenario *scenario, struct verdict *verdict)
{
	(void)ctx;
	if (text_equal(scenario->id, "sts.bad"))
		verdict->kind = VERDICT_EXPECTED_FAIL;
}

static void a_verdict_may_be_amended_before_it_counts(void **state)
{
	struct troupe *troupe = *state;

	troupe_add(troupe, "sts", "bad", "deny", NULL);
	troupe->plan.amend = bend;
	troupe->plan.out_dir = troupe->out_dir;
	play(state);
	troupe_verdict(troupe, "sts.bad", VERDICT_EXPECTED_FAIL, "sts_refused");
	assert_false(results_bad(&troupe->results));
	assert_false(bundle_is_there(troupe, "sts.bad"));
}

static void a_client_that_is_not_there_is_a_wrong_command_line(void **state)
{
	struct troupe *troupe = *state;
	struct msiv2_error err = {0};

	assert_int_equal(troupe_run(troupe, "/nowhere/at/all/shim", &err), MSIV2_CONFIG);
	assert_non_null(strstr(err.message, "not found"));
}

static void a_folder_for_the_client_that_is_not_there_is_an_error(void **state)
{
	struct troupe *troupe = *state;

	troupe->plan.perform.work_dir = "/nowhere/at/all";
	play(state);
	troupe_verdict(troupe, "flow.cold", VERDICT_ERROR, "cannot be started");
}

static void a_device_that_cannot_be_made_skips(void **state)
{
	struct troupe *troupe = *state;

	troupe->plan.perform.stage.key = KEY_KIND_KEYGUARD;
	play(state);
	troupe_verdict(troupe, "flow.cold", VERDICT_SKIP, "not found");
}

static void a_world_that_is_wrong_is_an_error_of_that_scenario_alone(void **state)
{
	static const char wrong[] =
	        "{\"id\":\"sts.wrong\",\"title\":\"A title that is long enough\","
	        "\"kind\":\"positive\",\"requirements\":[\"STS-05\"],\"level\":\"MUST\","
	        "\"why\":\"Because clients get this wrong now and then.\","
	        "\"world\":{\"no-such-key\":1},\"steps\":[{\"do\":\"acquire\"}],\"expect\":{}}";
	struct troupe *troupe = *state;

	troupe_add(troupe, "sts", "good", "good", NULL);
	sandbox_write(&troupe->sandbox, "catalogue/sts/wrong.json", wrong, strlen(wrong));
	play(state);
	troupe_verdict(troupe, "sts.good", VERDICT_PASS, "");
	troupe_verdict(troupe, "sts.wrong", VERDICT_ERROR, "no-such-key");
}

/* The client of this project, and the catalogue's own scenario. */
static void a_right_client_passes_the_real_scenario(void **state)
{
	static const char *const filters[] = {"flow.cold"};
	struct troupe *troupe = *state;
	struct msiv2_error err = {0};

	assert_int_equal(catalogue_load(CATALOGUE_DIR, &troupe->catalogue, NULL), MSIV2_OK);
	troupe->selection = (struct selection){.filters = filters, .filter_count = 1};
	assert_int_equal(troupe_run(troupe, "exec '" SHIM "'", &err), MSIV2_OK);
	troupe_verdict(troupe, "flow.cold", VERDICT_PASS, "");
	assert_true(troupe_result(troupe, "flow.cold")->verdict.check_count > 10);
}

#define WITH_TROUPE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_TROUPE(each_end_of_a_client_has_its_verdict),
	        WITH_TROUPE(many_at_once_are_each_played_once_and_told_one_by_one),
	        WITH_TROUPE(nothing_chosen_is_an_empty_run),
	        WITH_TROUPE(a_negative_one_is_judged_with_the_verdict_of_its_twin),
	        WITH_TROUPE(evidence_is_kept_of_what_was_bad_or_of_all),
	        WITH_TROUPE(evidence_can_be_judged_again_to_the_same_verdict),
	        WITH_TROUPE(folders_of_somebody_else_are_left_alone),
	        WITH_TROUPE(a_link_in_place_of_the_evidence_leads_nowhere),
	        WITH_TROUPE(a_verdict_may_be_amended_before_it_counts),
	        WITH_TROUPE(a_client_that_is_not_there_is_a_wrong_command_line),
	        WITH_TROUPE(a_folder_for_the_client_that_is_not_there_is_an_error),
	        WITH_TROUPE(a_device_that_cannot_be_made_skips),
	        WITH_TROUPE(a_world_that_is_wrong_is_an_error_of_that_scenario_alone),
	        WITH_TROUPE(a_right_client_passes_the_real_scenario),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
