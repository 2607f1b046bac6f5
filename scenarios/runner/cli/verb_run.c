/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/files.h"
#include "common/text.h"
#include "last_run.h"
#include "progress.h"
#include "reports.h"
#include "scenarios/runner/expected.h"
#include "scenarios/runner/out_folder.h"
#include "scenarios/runner/report_escape.h"
#include "scenarios/runner/run.h"
#include "tool.h"
#include "verbs.h"

#define EXPECTED_MAX ((size_t)1024 * 1024)
#define DAY_LEN      10 /* of 2026-11-21 */

/* What the run tells of and asks. */
struct desk {
	struct progress progress;
	struct expected expected;
	struct tool tool;
	bool has_expected;
	char today[CLOCK_TEXT_SIZE];
};

static void desk_free(struct desk *desk)
{
	expected_free(&desk->expected);
	tool_free(&desk->tool);
}
DEFINE_OWNED_VALUE(desk, desk_free)

static void amend(void *ctx, const struct scenario *scenario, struct verdict *verdict)
{
	struct desk *desk = ctx;

	(void)scenario;
	if (desk->has_expected)
		expected_apply(&desk->expected, desk->today, verdict);
}

static void told(void *ctx, const struct result *result, size_t done, size_t total)
{
	progress_tell(&((struct desk *)ctx)->progress, result, done, total);
}

/* The file of --expected; each of its scenarios is in the catalogue. */
static enum msiv2_rc read_expected(const char *path, const struct catalogue *catalogue,
                                   struct desk *desk, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};

	if (!path)
		return MSIV2_OK;
	TRY(files_read(path, EXPECTED_MAX, MSIV2_CONFIG, &text, err));
	TRY(expected_read(bytes_text(&text), text.len, path, &desk->expected, err));
	for (size_t i = 0; i < expected_count(&desk->expected); i++) {
		const char *id = expected_scenario(&desk->expected, i);

		if (!catalogue_find(catalogue, id))
			return err_set(err, MSIV2_CONFIG, path, "there is no scenario %s", id);
	}
	desk->has_expected = true;
	clock_format_utc(clock_now_s(clock_system()), desk->today);
	desk->today[DAY_LEN] = '\0';
	return MSIV2_OK;
}

static unsigned job_count(const struct arguments *arguments)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	/* One more than there are processors: clients and emulators wait for each other. */
	int64_t jobs = arguments->jobs > 0 ? arguments->jobs : online > 0 ? online + 1 : 2;

	return (unsigned)(jobs > RUN_JOBS_MAX ? RUN_JOBS_MAX : jobs);
}

static struct run_plan plan_of(const struct arguments *arguments, const struct catalogue *catalogue,
                               struct desk *desk)
{
	return (struct run_plan){
	        .catalogue = catalogue,
	        .selection = &arguments->selection,
	        .perform = {.stage = {.scripts = arguments->scripts,
	                              .seed = (uint64_t)arguments->seed,
	                              .key = arguments->key},
	                    .mode = arguments->command ? CLIENT_COMMAND : CLIENT_SHIM,
	                    .command = arguments->command ? arguments->command : arguments->shim,
	                    .wrapper = desk->tool.wrapper.len > 0 ? bytes_text(&desk->tool.wrapper)
	                                                          : NULL,
	                    .wrapper_found = desk->tool.found_status,
	                    .work_dir = arguments->work_dir,
	                    .time_limit_s = arguments->time_limit_s > desk->tool.time_limit_s
	                                            ? arguments->time_limit_s
	                                            : desk->tool.time_limit_s,
	                    .patient = desk->tool.patient,
	                    .stop = arguments->stop},
	        .jobs = desk->tool.patient ? 1 : job_count(arguments),
	        .out_dir = arguments->out_dir,
	        .keep = arguments->keep,
	        .amend = amend,
	        .told = told,
	        .ctx = desk};
}

/* The status of a run that came to its end. */
static enum exit_status status_of(const struct results *results)
{
	size_t shown = results_count(results, VERDICT_PASS) +
	               results_count(results, VERDICT_EXPECTED_FAIL);

	if (results_count(results, VERDICT_FAIL) + results_count(results, VERDICT_UNEXPECTED_PASS))
		return STATUS_FAILED;
	if (results_bad(results))
		return STATUS_ERROR;
	return shown > 0 ? STATUS_GOOD : STATUS_NOTHING;
}

/* A run that ended early says so in one line, whatever is left. */
static void complain_early(const struct results *results)
{
	size_t unplayed = results_unplayed(results);
	OWNED_STRUCT(bytes) text = {0};

	if (results->broken[0] == '\0')
		return;
	if (unplayed > 0)
		bytes_addf(&text, "%zu scenario%s not played: ", unplayed,
		           unplayed == 1 ? " was" : "s were");
	bytes_add_text(&text, results->broken);
	output_complain("the run ended early", bytes_text(&text));
}

/* Words of the shim's hello that this suite does not know: its scenarios were skipped for them. */
static void complain_unknown(const struct results *results, const char *name,
                             const char *const *words)
{
	OWNED_STRUCT(bytes) unknown = {0};
	OWNED_STRUCT(bytes) text = {0};

	feature_unknown(cJSON_GetObjectItemCaseSensitive(results->shim, name), words, &unknown);
	if (unknown.len == 0)
		return;
	bytes_addf(&text, "%s that docs/shim.md does not know: ", name);
	report_escape(ESCAPE_LINE, bytes_text(&unknown), &text);
	output_complain("the shim's hello", bytes_text(&text));
}

static enum msiv2_rc run_and_report(struct arguments *arguments, const struct catalogue *catalogue,
                                    enum exit_status *status, struct msiv2_error *err)
{
	OWNED_STRUCT(requirements) requirements = {0};
	OWNED_STRUCT(run_report) report = {0};
	OWNED_STRUCT(results) results = {0};
	OWNED_STRUCT(desk) desk = {0};
	struct run_plan plan;
	enum msiv2_rc rc;

	TRY(requirements_read(&requirements, err));
	TRY(read_expected(arguments->expected, catalogue, &desk, err));
	TRY(tool_choose(arguments, &desk.tool, err));
	progress_begin(&desk.progress, arguments->quiet);
	plan = plan_of(arguments, catalogue, &desk);
	TRY(run(&plan, &results, err));
	progress_end(&desk.progress);
	TRY(run_report_make(&results, &requirements, arguments, &report, err));
	rc = run_report_write(&report, arguments, err);
	complain_unknown(&results, "keys", key_kind_words);
	complain_unknown(&results, "features", feature_words);
	complain_early(&results);
	if (results.count == 0)
		output_complain("run", OUTPUT_NONE_LEFT);
	TRY(rc);
	rc = last_run_write(arguments, &results, err);
	/* Of a run that ended early it is told already that something is missing. */
	if (results.broken[0] == '\0')
		TRY(rc);
	*status = stop_asked(arguments->stop) ? STATUS_STOPPED : status_of(&results);
	return MSIV2_OK;
}

enum msiv2_rc verb_run(struct arguments *arguments, enum exit_status *status,
                       struct msiv2_error *err)
{
	OWNED_STRUCT(out_folder_claim) claim = {0};
	OWNED_STRUCT(catalogue) catalogue = {0};
	OWNED(cJSON) *kept = NULL;
	bool any = true;

	if (arguments->address)
		return verb_address(arguments, status, err);
	if (!arguments->shim && !arguments->command)
		return err_set(err, MSIV2_CONFIG, "run", "needs --shim, --command or --address");
	TRY(verbs_load(arguments, &catalogue, err));
	if (arguments->rerun_failed && files_exists(arguments->out_dir))
		TRY(out_folder_claim(arguments->out_dir, &claim, err));
	if (arguments->rerun_failed)
		TRY(last_run_choose(arguments, &kept, &any, err));
	arguments->selection.filter_count = arguments->filter_count;
	if (!any) {
		output_complain("run", "nothing failed in the last run");
		*status = STATUS_NOTHING;
		return MSIV2_OK;
	}
	TRY(verbs_check_filters(arguments, &catalogue, err));
	TRY(run_report_check(arguments, err));
	if (!arguments->rerun_failed)
		TRY(out_folder_claim(arguments->out_dir, &claim, err));
	return run_and_report(arguments, &catalogue, status, err);
}
