/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "reports.h"
#include "scenarios/runner/explain.h"
#include "scenarios/runner/perform.h"
#include "scenarios/runner/private_dir.h"
#include "scenarios/runner/tree.h"
#include "verbs.h"

/* Without a scenario: whoever came kept every rule of level MUST. */
static const char any_client[] =
        "{\"id\":\"address.findings\",\"title\":\"Whoever came kept every rule\","
        "\"kind\":\"positive\",\"requirements\":[\"META-01\"],\"level\":\"MUST\","
        "\"why\":\"The emulator notes what real services refuse.\","
        "\"steps\":[{\"do\":\"mark\",\"with\":{\"name\":\"begin\"}}],"
        "\"expect\":{\"findings\":{\"none_of\":[\"MUST\"]}}}";

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

static enum msiv2_rc judge_it(const struct evidence *evidence, enum exit_status *status,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(requirements) requirements = {0};
	OWNED_STRUCT(verdict) verdict = {0};
	OWNED_STRUCT(bytes) shown = {0};
	struct report_case which = {
	        .verdict = &verdict, .scenario = evidence->scenario, .seen = evidence->seen};
	struct report report = {.cases = &which,
	                        .count = 1,
	                        .requirements = &requirements,
	                        .suite = MSIV2_VERSION_TEXT};

	TRY(requirements_read(&requirements, err));
	TRY(judge(evidence->scenario, evidence->seen, &verdict, err));
	bytes_addf(&shown, "%s %s\n", verdict_word(verdict.kind), verdict.scenario);
	if (verdict_is_bad(verdict.kind))
		explain_case(&report, &which, "  ", &shown);
	TRY(bytes_done(&shown, "report", err));
	output_say(bytes_text(&shown), shown.len);
	*status = verdict.kind == VERDICT_PASS    ? STATUS_GOOD
	          : verdict.kind == VERDICT_ERROR ? STATUS_ERROR
	                                          : STATUS_FAILED;
	return MSIV2_OK;
}

static enum msiv2_rc serve(struct arguments *arguments, const char *root,
                           const struct scenario *scenario, enum exit_status *status,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(evidence) evidence = {0};
	OWNED_STRUCT(bytes) state = {0};
	OWNED_STRUCT(bytes) dir = {0};
	struct perform_plan plan = {.mode = CLIENT_ADDRESS, .attend = attend, .ctx = arguments};

	TRY(tree_make(root, "state", &state, err));
	bytes_addf(&dir, "%s/stage", root);
	TRY(bytes_done(&dir, "--address", err));
	plan.stage = (struct stage_plan){.state_dir = bytes_text(&state),
	                                 .scripts = arguments->scripts,
	                                 .seed = (uint64_t)arguments->seed};
	TRY(perform(&plan, scenario, NULL, bytes_text(&dir), &evidence, err));
	return judge_it(&evidence, status, err);
}

enum msiv2_rc verb_address(struct arguments *arguments, enum exit_status *status,
                           struct msiv2_error *err)
{
	OWNED_STRUCT(catalogue) catalogue = {0};
	OWNED_STRUCT(scenario) any = {0};
	OWNED_STRUCT(private_dir) root = {0};
	const struct scenario *scenario = NULL;

	TRY(choose(arguments, &any, &catalogue, &scenario, err));
	TRY(private_dir_make(&root, err));
	return serve(arguments, bytes_text(&root.path), scenario, status, err);
}
