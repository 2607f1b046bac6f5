/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What would make a scenario prove nothing: a fault that never fired, a mark that was not reached,
 * a twin that did not pass. */
#include "common/text.h"
#include "judge_bench.h"
#include "words.h"

#define SET(field, ...) words_set((field), sizeof(field), __VA_ARGS__)

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(member(object, name));

	return value ? value : "";
}

static bool has_fired(const cJSON *fault)
{
	const cJSON *fired = member(fault, "fired");

	return cJSON_IsNumber(fired) && fired->valuedouble > 0;
}

static void judge_fault(struct judge_bench *bench, const char *id, const cJSON *fault)
{
	struct verdict_check *check = bench_add(bench, "fault.%s", id);

	SET(check->says, "the fault fires at least once");
	SET(check->expected, "fired >= 1");
	words_json(check->seen, sizeof(check->seen), fault);
	if (!has_fired(fault))
		bench_fails(bench, check, false);
}

/* Faults that were taken away: the reply says how often they fired. */
static size_t judge_unfaults(struct judge_bench *bench)
{
	const cJSON *step;
	size_t count = 0;

	JUDGE_EACH(step, bench_seen(bench, "steps"))
	{
		if (!text_equal(text(step, "do"), "unfault"))
			continue;
		judge_fault(bench, text(member(step, "with"), "id"), member(step, "reply"));
		count++;
	}
	return count;
}

/* How many faults the scenario puts in place, as far as its steps were taken; *open: an admin step
 * may have taken some away again. */
static size_t count_planned(const struct judge_bench *bench, bool *open)
{
	size_t count = (size_t)cJSON_GetArraySize(member(bench->scenario, "faults"));
	const cJSON *step;

	*open = false;
	JUDGE_EACH(step, bench_seen(bench, "steps"))
	{
		const char *target = text(member(step, "with"), "target");

		if (text_equal(text(step, "do"), "fault"))
			count++;
		*open = *open || text_starts(target, "/faults") || text_starts(target, "/reset");
	}
	return count;
}

static void judge_faults(struct judge_bench *bench)
{
	const cJSON *list = member(bench_seen(bench, "faults"), "faults");
	size_t seen = judge_unfaults(bench) + (size_t)cJSON_GetArraySize(list);
	struct verdict_check *check;
	const cJSON *fault;
	bool open;
	size_t planned = count_planned(bench, &open);

	JUDGE_EACH(fault, list) judge_fault(bench, text(fault, "id"), fault);
	if (open || planned == 0)
		return;
	check = bench_add(bench, "faults.listed");
	SET(check->says, "every fault of the scenario is put in place");
	SET(check->expected, "%zu", planned);
	SET(check->seen, "%zu", seen);
	if (seen < planned)
		bench_fails(bench, check, true);
}

static void judge_marks(struct judge_bench *bench)
{
	const cJSON *plan;
	int index = 0;

	JUDGE_EACH(plan, bench->steps)
	{
		const cJSON *seen = cJSON_GetArrayItem(bench_seen(bench, "steps"), index++);
		struct verdict_check *check;

		if (!text_equal(text(plan, "do"), "mark"))
			continue;
		check = bench_add(bench, "mark.%s", text(member(plan, "with"), "name"));
		SET(check->says, "the mark is reached");
		SET(check->expected, "reached");
		SET(check->seen, seen ? "reached" : "the run ended before it");
		if (!seen)
			bench_fails(bench, check, false);
	}
}

static void judge_twin(struct judge_bench *bench)
{
	const cJSON *twin = member(bench_seen(bench, "run"), "twin");
	struct verdict_check *check;

	if (!text_equal(text(bench->scenario, "kind"), "negative"))
		return;
	check = bench_add(bench, "twin");
	SET(check->says, "the twin %s passes in the same run", text(bench->scenario, "twin"));
	SET(check->expected, "pass");
	SET(check->seen, "%s", cJSON_IsObject(twin) ? text(twin, "verdict") : "it did not run");
	if (!text_equal(check->seen, "pass"))
		bench_fails(bench, check, false);
}

void judge_vacuity(struct judge_bench *bench)
{
	judge_faults(bench);
	judge_marks(bench);
	judge_twin(bench);
}
