/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What is expected of the journal and of the findings. */
#include "common/text.h"
#include "emulator/instruments/event_expect.h"
#include "judge_bench.h"
#include "words.h"

#define SET(field, ...) words_set((field), sizeof(field), __VA_ARGS__)

#define ANY_COUNT 1000000 /* a journal holds far fewer events */

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(member(object, name));
}

static int64_t number(const cJSON *object, const char *name)
{
	const cJSON *value = member(object, name);

	return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : 0;
}

/* Where a mark stands; false when it was not reached. */
static bool find_mark(const struct judge_bench *bench, const char *name, int64_t *seq)
{
	const cJSON *step;

	JUDGE_EACH(step, bench_seen(bench, "steps"))
	{
		if (!text_equal(text(step, "do"), "mark") ||
		    !text_equal(text(member(step, "with"), "name"), name))
			continue;
		*seq = number(step, "journal_from");
		return true;
	}
	return false;
}

/* The stretch between the marks; without them the whole journal. */
static bool find_stretch(const struct judge_bench *bench, const cJSON *expect, int64_t *from,
                         int64_t *to)
{
	const char *first = text(expect, "from");
	const char *last = text(expect, "to");

	*from = 0;
	*to = INT64_MAX;
	return (!first || find_mark(bench, first, from)) && (!last || find_mark(bench, last, to));
}

/* The expectation in the words of the journal alone; owned by the caller. */
static cJSON *pure_expectation(const cJSON *expect)
{
	static const char *const ours[] = {"says", "from", "to", "requirement"};
	cJSON *pure = cJSON_Duplicate(expect, true);

	for (size_t i = 0; i < TEXT_COUNT(ours); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(pure, ours[i]);
	return pure;
}

/* Any number of events is no expectation. */
static bool cannot_fail(const struct expectation *expectation)
{
	return expectation->kind == EXPECT_COUNT && expectation->min == 0 &&
	       expectation->max >= ANY_COUNT;
}

static void show_events(const struct judge_bench *bench, struct expect_state *state, int64_t from,
                        int64_t to)
{
	const cJSON *event;

	JUDGE_EACH(event, member(bench_seen(bench, "journal"), "events"))
	{
		int64_t seq = number(event, "seq");

		if (seq >= from && seq < to)
			expect_see(state, event);
	}
	expect_done(state);
}

static void tell_state(const struct expect_state *state, struct verdict_check *check)
{
	SET(check->seen, "%s", state->ok ? "so it was" : state->why);
	for (size_t i = 0; i < state->near_count; i++)
		SET(check->near[i], "seq %lld %s", (long long)state->near[i].seq,
		    state->near[i].words);
	check->near_count = state->near_count;
}

static void judge_expectation(struct judge_bench *bench, struct verdict_check *check,
                              const cJSON *expect)
{
	OWNED(cJSON) *pure = pure_expectation(expect);
	struct expectation expectation;
	struct expect_state state;
	struct msiv2_error err = {0};

	words_json(check->expected, sizeof(check->expected), pure);
	SET(check->says, "%s", text(expect, "says") ? text(expect, "says") : check->expected);
	if (!find_stretch(bench, expect, &check->seq_from, &check->seq_to)) {
		SET(check->seen, "a mark of this expectation was not reached");
		bench_fails(bench, check, false);
	} else if (expect_read(pure, check->id, &expectation, &err) != MSIV2_OK) {
		SET(check->seen, "it cannot be read: %s", err.message);
		bench_fails(bench, check, true);
	} else if (cannot_fail(&expectation)) {
		SET(check->seen, "any number of events would do: this proves nothing");
		bench_fails(bench, check, true);
	} else {
		expect_begin(&state, &expectation);
		show_events(bench, &state, check->seq_from, check->seq_to);
		tell_state(&state, check);
		if (!state.ok)
			bench_fails(bench, check, false);
	}
	if (check->seq_to == INT64_MAX)
		check->seq_to = 0;
}

/* Events that were lost could be those that matter. */
static void judge_lost(struct judge_bench *bench)
{
	int64_t dropped = number(bench_seen(bench, "journal"), "dropped");
	struct verdict_check *check = bench_add(bench, "journal.complete");

	SET(check->says, "the journal holds every event");
	SET(check->expected, "dropped 0");
	SET(check->seen, "dropped %lld", (long long)dropped);
	if (dropped != 0)
		bench_fails(bench, check, true);
}

void judge_journal(struct judge_bench *bench)
{
	const cJSON *list = member(member(bench->scenario, "expect"), "journal");
	const cJSON *expect;
	int index = 0;

	judge_lost(bench);
	JUDGE_EACH(expect, list)
	{
		struct verdict_check *check = bench_add(bench, "journal.%d", index++);

		if (text(expect, "requirement"))
			SET(check->requirement, "%s", text(expect, "requirement"));
		judge_expectation(bench, check, expect);
	}
}

/* "MUST", "META-02", "META-02/metadata-header" or "metadata-header". */
static bool is_named(const cJSON *finding, const char *which)
{
	const char *rule = text(finding, "rule");
	size_t id_len = rule ? strcspn(rule, "/") : 0;

	if (!rule)
		return false;
	return text_equal(rule, which) || text_equal(text(finding, "level"), which) ||
	       (strlen(which) == id_len && text_starts(rule, which)) ||
	       (rule[id_len] == '/' && text_equal(rule + id_len + 1, which));
}

/* An event has this finding, and it is no probe. */
static bool is_breach(const cJSON *event, const char *rule)
{
	const cJSON *finding;

	if (text_equal(text(event, "endpoint"), "probe"))
		return false;
	JUDGE_EACH(finding, member(event, "findings"))
	{
		if (text_equal(text(finding, "rule"), rule))
			return true;
	}
	return false;
}

/* META-08: a probe leaves out the header that META-02 wants, and is right to. */
static bool is_only_probe(const struct judge_bench *bench, const cJSON *finding)
{
	static const char header[] = "META-02/metadata-header";
	const cJSON *event;

	if (!text_equal(text(finding, "rule"), header))
		return false;
	JUDGE_EACH(event, member(bench_seen(bench, "journal"), "events"))
	{
		if (is_breach(event, header))
			return false;
	}
	return true;
}

static const cJSON *find_finding(const struct judge_bench *bench, const char *which)
{
	bool sweeps = text_equal(which, "MUST");
	const cJSON *finding;

	JUDGE_EACH(finding, member(bench_seen(bench, "findings"), "findings"))
	{
		if (is_named(finding, which) && !(sweeps && is_only_probe(bench, finding)))
			return finding;
	}
	return NULL;
}

static void judge_finding(struct judge_bench *bench, const char *which, bool wanted)
{
	const cJSON *finding = find_finding(bench, which);
	struct verdict_check *check = bench_add(bench, "finding.%s", which);
	const char *rule = text(finding, "rule");

	if (rule)
		SET(check->requirement, "%.*s", (int)strcspn(rule, "/"), rule);
	SET(check->says, wanted ? "the rule %s is broken" : "no exchange breaks a rule of %s",
	    which);
	SET(check->expected, wanted ? "a finding" : "no finding");
	words_json(check->seen, sizeof(check->seen), finding);
	if (finding) {
		check->seq_from = number(finding, "first_seq");
		check->seq_to = number(finding, "last_seq") + 1;
	}
	if ((finding != NULL) != wanted)
		bench_fails(bench, check, false);
}

void judge_findings(struct judge_bench *bench)
{
	const cJSON *expect = member(member(bench->scenario, "expect"), "findings");
	const cJSON *which;

	JUDGE_EACH(which, member(expect, "none_of"))
	judge_finding(bench, which->valuestring, false);
	JUDGE_EACH(which, member(expect, "some_of"))
	judge_finding(bench, which->valuestring, true);
}
