/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "judge.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/mem.h"
#include "common/text.h"
#include "judge_bench.h"
#include "words.h"

#define WHERE           "judge"
#define SET(field, ...) words_set((field), sizeof(field), __VA_ARGS__)

/* What became of the run, and what follows from it. */
struct outcome {
	const char *word;
	enum verdict_kind kind; /* VERDICT_PASS: what was seen decides */
	const char *says;
};

static const struct outcome outcomes[] = {
        {"ran", VERDICT_PASS, "every step was taken"},
        {"not-implemented", VERDICT_SKIP, "the shim does not implement this"},
        {"cannot-run", VERDICT_SKIP, "the shim cannot run here"},
        {"skipped", VERDICT_SKIP, "the scenario does not fit this client"},
        {"ended", VERDICT_FAIL, "the client lives until it is told to quit"},
        {"timed-out", VERDICT_FAIL, "the client answers in time"},
        {"protocol", VERDICT_FAIL, "the shim speaks as docs/shim.md says"},
        {"error", VERDICT_ERROR, "the suite does its own part"},
};

const cJSON *bench_seen(const struct judge_bench *bench, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(bench->seen, name);
}

const cJSON *bench_first(const cJSON *list)
{
	return list ? list->child : NULL;
}

static const char *main_requirement(const cJSON *scenario)
{
	const cJSON *ids = cJSON_GetObjectItemCaseSensitive(scenario, "requirements");
	const char *first = cJSON_GetStringValue(cJSON_GetArrayItem(ids, 0));

	return first ? first : "";
}

struct verdict_check *bench_add(struct judge_bench *bench, const char *id_format, ...)
{
	struct verdict *verdict = bench->verdict;
	struct verdict_check *check = &bench->spare;
	void *more = mem_resize(verdict->checks, (verdict->check_count + 1) * sizeof(*check));
	va_list list;

	if (more) {
		verdict->checks = more;
		check = &verdict->checks[verdict->check_count++];
	}
	bench->no_memory = bench->no_memory || !more;
	*check = (struct verdict_check){.ok = true};
	va_start(list, id_format);
	(void)vsnprintf(check->id, sizeof(check->id), id_format, list);
	va_end(list);
	SET(check->requirement, "%s", main_requirement(bench->scenario));
	return check;
}

void bench_fails(struct judge_bench *bench, struct verdict_check *check, bool suites)
{
	struct verdict *verdict = bench->verdict;

	check->ok = false;
	if (verdict->reason[0] != '\0')
		return;
	bench->suites_fault = suites;
	SET(verdict->reason, "%s: %s; seen: %s", check->id, check->says, check->seen);
}

static const struct outcome *outcome_of(const cJSON *run)
{
	const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(run, "outcome"));

	for (size_t i = 0; i < TEXT_COUNT(outcomes); i++)
		if (text_equal(outcomes[i].word, word))
			return &outcomes[i];
	return NULL;
}

/* The evidence has what the judge must look at. */
static bool is_complete(const struct judge_bench *bench, struct verdict *out)
{
	static const char *const members[] = {"steps", "journal", "faults", "findings", "secrets"};

	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		if (bench_seen(bench, members[i]))
			continue;
		SET(out->reason, "the evidence has no %s", members[i]);
		return false;
	}
	if (!cJSON_IsArray(bench->steps))
		SET(out->reason, "the scenario has no steps");
	return cJSON_IsArray(bench->steps);
}

/* A run that did not come to its end: the words the runner had for it. */
static void judge_outcome(struct judge_bench *bench, const struct outcome *outcome)
{
	const cJSON *why = cJSON_GetObjectItemCaseSensitive(bench_seen(bench, "run"), "reason");
	struct verdict_check *check = bench_add(bench, "outcome");

	SET(check->says, "%s", outcome->says);
	SET(check->expected, "ran");
	SET(check->seen, "%s: %s", outcome->word,
	    cJSON_IsString(why) ? why->valuestring : "no reason given");
	bench->verdict->kind = outcome->kind;
	if (outcome->kind == VERDICT_FAIL)
		bench_fails(bench, check, false);
	else if (outcome->kind == VERDICT_SKIP && cJSON_IsString(why))
		SET(bench->verdict->reason, "%s", why->valuestring);
	else if (outcome->kind != VERDICT_PASS)
		SET(bench->verdict->reason, "%s", check->seen);
}

static void judge_all(struct judge_bench *bench)
{
	static void (*const parts[])(struct judge_bench *) = {
	        judge_steps,    judge_vacuity, judge_journal,
	        judge_findings, judge_store,   judge_secrets,
	};

	for (size_t i = 0; i < TEXT_COUNT(parts); i++)
		parts[i](bench);
}

static enum verdict_kind decide(const struct judge_bench *bench)
{
	if (bench->verdict->reason[0] == '\0')
		return VERDICT_PASS;
	return bench->suites_fault ? VERDICT_ERROR : VERDICT_FAIL;
}

/* A run that was skipped, or that the suite failed, saw nothing; one that the client ended may have
 * seen enough for more rows. */
static void judge_run(struct judge_bench *bench)
{
	const struct outcome *outcome = outcome_of(bench_seen(bench, "run"));
	struct verdict lacks = {0};

	if (!outcome) {
		SET(bench->verdict->reason, "the evidence has no run, or that no outcome");
		return;
	}
	judge_outcome(bench, outcome);
	if (outcome->kind == VERDICT_SKIP || outcome->kind == VERDICT_ERROR)
		return;
	if (is_complete(bench, &lacks)) {
		judge_all(bench);
		bench->verdict->kind = decide(bench);
	} else if (outcome->kind == VERDICT_PASS) {
		bench->verdict->kind = VERDICT_ERROR;
		SET(bench->verdict->reason, "%s", lacks.reason);
	}
}

enum msiv2_rc judge(const cJSON *scenario, const cJSON *seen, struct verdict *out,
                    struct msiv2_error *err)
{
	OWNED_STRUCT(verdict) verdict = {0};
	struct judge_bench bench = {.scenario = scenario, .seen = seen, .verdict = &verdict};
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(scenario, "id");
	const cJSON *run = bench_seen(&bench, "run");
	const cJSON *took = cJSON_GetObjectItemCaseSensitive(run, "took_ms");

	SET(verdict.scenario, "%s", cJSON_IsString(id) ? id->valuestring : "");
	verdict.kind = VERDICT_ERROR;
	verdict.took_ms = cJSON_IsNumber(took) ? (int64_t)took->valuedouble : 0;
	bench.steps = cJSON_GetObjectItemCaseSensitive(scenario, "steps");
	judge_run(&bench);
	if (bench.no_memory)
		return err_no_memory(err, WHERE);
	*out = steal(&verdict);
	return MSIV2_OK;
}
