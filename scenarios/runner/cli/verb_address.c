/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "last_run.h"
#include "reports.h"
#include "scenarios/runner/out_folder.h"
#include "scenarios/runner/perform.h"
#include "scenarios/runner/private_dir.h"
#include "scenarios/runner/tree.h"
#include "verbs.h"

#define WHERE   "--address"
#define HTTP_OK 200

/* Without a scenario: whoever came kept every rule of level MUST. */
static const char any_client[] =
        "{\"id\":\"address.findings\",\"title\":\"Whoever came kept every rule\","
        "\"kind\":\"positive\",\"requirements\":[\"META-01\"],\"level\":\"MUST\","
        "\"why\":\"The emulator notes what real services refuse.\","
        "\"steps\":[{\"do\":\"mark\",\"with\":{\"name\":\"begin\"}}],"
        "\"expect\":{\"findings\":{\"none_of\":[\"MUST\"]}}}";

static cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* Prints the ready line and waits for a signal. */
static void attend(void *ctx, const char *ready)
{
	const struct arguments *arguments = ctx;
	OWNED_STRUCT(bytes) line = {0};
	struct msiv2_error err = {0};
	struct pollfd stop = {.fd = stop_fd(arguments->stop), .events = POLLIN};

	bytes_addf(&line, "%s\n", ready);
	if (output_print(&line, &err) != MSIV2_OK) {
		output_complain(err.where, err.message);
		return;
	}
	while (!stop_asked(arguments->stop))
		(void)poll(&stop, 1, -1);
}

static enum msiv2_rc choose(struct arguments *arguments, struct scenario *any,
                            struct catalogue *catalogue, const struct scenario **out,
                            struct msiv2_error *err)
{
	if (arguments->word_count == 0) {
		TRY(scenario_read(any_client, strlen(any_client), "address.findings", any, err));
		*out = any;
		return MSIV2_OK;
	}
	TRY(verbs_load(arguments, catalogue, err));
	*out = catalogue_find(catalogue, arguments->words[0]);
	if (!*out || arguments->word_count > 1)
		return err_set(err, MSIV2_CONFIG, "--address", "goes with one scenario or none");
	return MSIV2_OK;
}

/* Why there is nothing to judge; NULL when there is. Whether a scenario needs a token it says
 * itself. */
static const char *why_nothing(const cJSON *seen, bool needs_token)
{
	const cJSON *event;
	bool got_token = false;

	cJSON_ArrayForEach(event, member(member(seen, "journal"), "events"))
	{
		const cJSON *status = member(event, "status");

		got_token = got_token ||
		            (text_equal(cJSON_GetStringValue(member(event, "endpoint")), "token") &&
		             cJSON_IsNumber(status) && status->valueint == HTTP_OK);
	}
	if (!result_has_asked(seen))
		return "nobody came: the emulator was asked nothing";
	return needs_token && !got_token ? "somebody came, but nobody got a token" : NULL;
}

static enum msiv2_rc set_text(cJSON *object, const char *name, const char *value,
                              struct msiv2_error *err)
{
	cJSON *text = cJSON_CreateString(value);

	if (text && cJSON_ReplaceItemInObjectCaseSensitive(object, name, text))
		return MSIV2_OK;
	cJSON_Delete(text);
	return err_no_memory(err, WHERE);
}

/* Judges; where nothing was shown the evidence says so, for whoever judges it again. Broken rules
 * count without a token, too. */
static enum msiv2_rc judge_it(const struct evidence *evidence, bool needs_token,
                              struct verdict *out, struct msiv2_error *err)
{
	OWNED_STRUCT(verdict) verdict = {0};
	const char *nothing = why_nothing(evidence->seen, needs_token);
	bool came = result_has_asked(evidence->seen);
	cJSON *run = member(evidence->seen, "run");

	TRY(judge(evidence->scenario, evidence->seen, &verdict, err));
	if (nothing && (!came || verdict.kind == VERDICT_PASS)) {
		TRY(set_text(run, "outcome", "skipped", err));
		TRY(set_text(run, "reason", nothing, err));
		return judge(evidence->scenario, evidence->seen, out, err);
	}
	*out = steal(&verdict);
	return MSIV2_OK;
}

/* The folder is this program's business only when it is asked for, or when there is something to
 * look at. */
static bool is_out_wanted(const struct arguments *arguments)
{
	return arguments->keep || !text_equal(arguments->out_dir, ARGUMENTS_OUT_DIR);
}

static enum msiv2_rc keep(const struct arguments *arguments, const struct evidence *evidence,
                          struct results *results, struct msiv2_error *err)
{
	OWNED_STRUCT(out_folder_claim) claim = {0};
	/* Whoever came was judged by no scenario that could be run again. */
	const struct results nothing = {
	        .key = results->key, .seed = results->seed, .cleared = true};
	struct result *result = &results->items[0];

	if (!arguments->keep && !verdict_is_bad(result->verdict.kind))
		return MSIV2_OK;
	if (!is_out_wanted(arguments))
		TRY(out_folder_claim(arguments->out_dir, &claim, err));
	TRY(out_folder_prepare(arguments->out_dir, err));
	results->cleared = true;
	TRY(out_folder_keep(arguments->out_dir, evidence, result, err));
	return last_run_write(arguments, arguments->word_count > 0 ? results : &nothing, err);
}

static enum msiv2_rc report_it(const struct arguments *arguments, const struct results *results,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(requirements) requirements = {0};
	OWNED_STRUCT(run_report) report = {0};
	const struct verdict *verdict = &results->items[0].verdict;

	TRY(requirements_read(&requirements, err));
	TRY(run_report_make(results, &requirements, arguments, &report, err));
	if (verdict->kind == VERDICT_PASS) {
		OWNED_STRUCT(bytes) line = {0};

		bytes_addf(&line, "pass %s\n", verdict->scenario);
		output_say(bytes_text(&line), line.len);
	}
	return run_report_write(&report, arguments, err);
}

static enum exit_status status_of(enum verdict_kind kind)
{
	return kind == VERDICT_PASS    ? STATUS_GOOD
	       : kind == VERDICT_SKIP  ? STATUS_NOTHING
	       : kind == VERDICT_ERROR ? STATUS_ERROR
	                               : STATUS_FAILED;
}

/* One row, as a run of one scenario has it. */
static enum msiv2_rc begin_results(const struct arguments *arguments,
                                   const struct scenario *scenario, struct results *out,
                                   struct msiv2_error *err)
{
	out->items = mem_alloc(sizeof(*out->items));
	if (!out->items)
		return err_no_memory(err, WHERE);
	out->count = 1;
	out->items[0].scenario = scenario;
	out->items[0].ran = true;
	out->mode = client_mode_words[CLIENT_ADDRESS];
	out->key = key_kind_words[arguments->key];
	out->seed = (uint64_t)arguments->seed;
	out->started_s = clock_now_s(clock_system());
	return MSIV2_OK;
}

static enum msiv2_rc attend_and_collect(struct arguments *arguments, const char *root,
                                        const struct scenario *scenario, struct evidence *out,
                                        struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) state = {0};
	OWNED_STRUCT(bytes) dir = {0};
	struct perform_plan plan = {.mode = CLIENT_ADDRESS, .attend = attend, .ctx = arguments};

	TRY(tree_make(root, "state", &state, err));
	bytes_addf(&dir, "%s/stage", root);
	TRY(bytes_done(&dir, WHERE, err));
	plan.stage = (struct stage_plan){.state_dir = bytes_text(&state),
	                                 .scripts = arguments->scripts,
	                                 .seed = (uint64_t)arguments->seed};
	return perform(&plan, scenario, NULL, bytes_text(&dir), out, err);
}

static enum msiv2_rc serve(struct arguments *arguments, const char *root,
                           const struct scenario *scenario, enum exit_status *status,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(evidence) evidence = {0};
	OWNED_STRUCT(results) results = {0};
	int64_t begun_us = clock_mono_us(clock_system());
	struct msiv2_error ignored;
	struct result *result;
	enum msiv2_rc rc;

	TRY(begin_results(arguments, scenario, &results, err));
	result = &results.items[0];
	TRY(attend_and_collect(arguments, root, scenario, &evidence, err));
	TRY(judge_it(&evidence, arguments->word_count == 0, &result->verdict, err));
	results.took_ms = (clock_mono_us(clock_system()) - begun_us) / CLOCK_US_PER_MS;
	rc = keep(arguments, &evidence, &results, err);
	result->seen = steal(&evidence.seen);
	*status = status_of(result->verdict.kind);
	/* It was judged, whatever became of the evidence. */
	TRY(report_it(arguments, &results, rc == MSIV2_OK ? err : &ignored));
	return rc;
}

enum msiv2_rc verb_address(struct arguments *arguments, enum exit_status *status,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(catalogue) catalogue = {0};
	OWNED_STRUCT(scenario) any = {0};
	OWNED_STRUCT(out_folder_claim) claim = {0};
	OWNED_STRUCT(private_dir) root = {0};
	const struct scenario *scenario = NULL;

	TRY(choose(arguments, &any, &catalogue, &scenario, err));
	TRY(run_report_check(arguments, err));
	if (is_out_wanted(arguments)) {
		TRY(out_folder_claim(arguments->out_dir, &claim, err));
		TRY(out_folder_check(arguments->out_dir, err));
	}
	TRY(private_dir_make(&root, err));
	return serve(arguments, bytes_text(&root.path), scenario, status, err);
}
