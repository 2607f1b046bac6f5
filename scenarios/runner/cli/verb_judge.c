/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "common/files.h"
#include "common/text.h"
#include "reports.h"
#include "scenarios/runner/evidence.h"
#include "scenarios/runner/explain.h"
#include "verbs.h"

/* A bundle and what is thought of it. */
struct bundle {
	struct evidence evidence;
	struct verdict verdict;
};

static void bundle_free(struct bundle *bundle)
{
	evidence_free(&bundle->evidence);
	verdict_free(&bundle->verdict);
}
DEFINE_OWNED_VALUE(bundle, bundle_free)

static enum msiv2_rc judge_bundle(const char *dir, struct bundle *out, struct msiv2_error *err)
{
	const cJSON *took;

	TRY(evidence_read(dir, &out->evidence, err));
	TRY(judge(out->evidence.scenario, out->evidence.seen, &out->verdict, err));
	took = cJSON_GetObjectItemCaseSensitive(
	        cJSON_GetObjectItemCaseSensitive(out->evidence.seen, "run"), "took_ms");
	out->verdict.took_ms = cJSON_IsNumber(took) ? (int64_t)took->valuedouble : 0;
	return MSIV2_OK;
}

/* The verdict in one line, and the explanation of a failure. */
static void add_bundle(const struct bundle *bundle, const struct requirements *requirements,
                       struct bytes *out)
{
	struct report_case which = {.verdict = &bundle->verdict,
	                            .scenario = bundle->evidence.scenario,
	                            .seen = bundle->evidence.seen};
	struct report report = {.cases = &which,
	                        .count = 1,
	                        .requirements = requirements,
	                        .suite = MSIV2_VERSION_TEXT};

	bytes_addf(out, "%s %s%s%s\n", verdict_word(bundle->verdict.kind), bundle->verdict.scenario,
	           bundle->verdict.reason[0] ? ": " : "", bundle->verdict.reason);
	if (verdict_is_bad(bundle->verdict.kind))
		explain_case(&report, &which, "  ", out);
}

static enum exit_status worse(enum exit_status status, enum verdict_kind kind)
{
	if (kind == VERDICT_ERROR && status == STATUS_GOOD)
		return STATUS_ERROR;
	return verdict_is_bad(kind) && kind != VERDICT_ERROR ? STATUS_FAILED : status;
}

enum msiv2_rc verb_judge(struct arguments *arguments, enum exit_status *status,
                         struct msiv2_error *err)
{
	OWNED_STRUCT(requirements) requirements = {0};
	OWNED_STRUCT(bytes) out = {0};

	if (arguments->word_count < 1)
		return err_set(err, MSIV2_CONFIG, "judge", "needs a folder of evidence");
	TRY(requirements_read(&requirements, err));
	*status = STATUS_GOOD;
	for (int i = 0; i < arguments->word_count; i++) {
		OWNED_STRUCT(bundle) bundle = {0};

		TRY(judge_bundle(arguments->words[i], &bundle, err));
		add_bundle(&bundle, &requirements, &out);
		*status = worse(*status, bundle.verdict.kind);
	}
	return output_print(&out, err);
}

enum msiv2_rc verb_explain_scenario(struct arguments *arguments, enum exit_status *status,
                                    struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) dir = {0};
	char *words[1];

	bytes_addf(&dir, "%s/evidence/%s", arguments->out_dir, arguments->words[0]);
	TRY(bytes_done(&dir, "explain", err));
	if (!files_exists(bytes_text(&dir)))
		return err_set(err, MSIV2_CONFIG, bytes_text(&dir),
		               "there is no evidence of it; `run --keep` keeps that of all");
	words[0] = (char *)dir.data;
	arguments->words = words;
	TRY(verb_judge(arguments, status, err));
	/* It was asked for and is told, whatever the verdict. */
	*status = STATUS_GOOD;
	return MSIV2_OK;
}
