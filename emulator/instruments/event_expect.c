/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "event_expect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

/* ---- what nearly fitted ---- */

static int64_t number_at(const cJSON *event, const char *at)
{
	int64_t number;

	return event_number(event_at(event, at), &number) ? number : 0;
}

/* Copies what fits, never cut inside a character. */
static void copy_words(char out[EXPECT_WORDS], const char *words)
{
	size_t len = strlen(words);
	size_t kept = len < EXPECT_WORDS ? len : EXPECT_WORDS - 1;

	while (kept < len && kept > 0 && ((unsigned char)words[kept] & 0xC0) == 0x80)
		kept--;
	memcpy(out, words, kept);
	out[kept] = '\0';
}

/* Keeps the event when it is nearer than the farthest one kept; of equals the earlier stays. */
static void keep_near(struct expect_state *state, const struct event_match *match,
                      const cJSON *event)
{
	size_t fitting = 0;
	int distance = event_match_distance(match, event, &fitting);
	size_t at = state->near_count;
	OWNED_STRUCT(bytes) words = {0};

	if (fitting == 0)
		return;
	while (at > 0 && state->near[at - 1].distance > distance)
		at--;
	if (at == EXPECT_NEAR_MAX)
		return;
	if (state->near_count < EXPECT_NEAR_MAX)
		state->near_count++;
	memmove(&state->near[at + 1], &state->near[at],
	        (state->near_count - 1 - at) * sizeof(state->near[0]));
	event_match_explain(match, event, &words);
	state->near[at] =
	        (struct expect_near){.seq = number_at(event, "seq"), .distance = distance};
	copy_words(state->near[at].words, bytes_text(&words));
}

static void because(struct expect_state *state, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));

static void because(struct expect_state *state, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(state->why, sizeof(state->why), fmt, args);
	va_end(args);
}

/* ---- judging ---- */

void expect_begin(struct expect_state *state, const struct expectation *expectation)
{
	*state = (struct expect_state){.expectation = expectation};
}

/* The pause since the last one that fitted, in milliseconds. */
static int64_t gap_ms(const struct expect_state *state, const cJSON *event)
{
	if (state->expectation->world)
		return (number_at(event, "world_time") - state->last_end) * 1000;
	return (number_at(event, "mono_us") - number_at(event, "duration_us") - state->last_end) /
	       1000;
}

static void see_gap(struct expect_state *state, const cJSON *event)
{
	const struct expectation *wanted = state->expectation;
	int64_t gap = gap_ms(state, event);
	bool wrong = gap < wanted->min || gap > wanted->max;

	state->seen++;
	if (!wrong || state->broken)
		return;
	state->broken = true;
	because(state, "%lld ms between seq %lld and seq %lld, which is %s %lld", (long long)gap,
	        (long long)state->last_seq, (long long)number_at(event, "seq"),
	        gap < wanted->min ? "less than" : "more than",
	        (long long)(gap < wanted->min ? wanted->min : wanted->max));
}

static void see_value(struct expect_state *state, const cJSON *event)
{
	const struct expectation *wanted = state->expectation;
	OWNED_STRUCT(bytes) value = {0};
	char text[EXPECT_VALUE];

	if (!event_value(&wanted->value, event, &value)) {
		if (!state->broken)
			because(state, "seq %lld has no value", (long long)number_at(event, "seq"));
		state->broken = true;
		return;
	}
	(void)snprintf(text, sizeof(text), "%s", bytes_text(&value));
	if (state->seen++ > 0 && !state->broken &&
	    text_equal(text, state->value) == wanted->different) {
		state->broken = true;
		because(state, "seq %lld and seq %lld have %s", (long long)state->last_seq,
		        (long long)number_at(event, "seq"),
		        wanted->different ? "the same value" : "different values");
	}
	(void)snprintf(state->value, sizeof(state->value), "%s", text);
}

void expect_see(struct expect_state *state, const cJSON *event)
{
	const struct expectation *wanted = state->expectation;
	bool is_order = wanted->kind == EXPECT_ORDER;
	const struct event_match *step = &wanted->steps[is_order ? state->seen : 0];

	if (is_order && state->seen == wanted->step_count)
		return;
	if (!event_match_fits(step, event)) {
		keep_near(state, step, event);
		return;
	}
	if (wanted->kind == EXPECT_GAP && state->any)
		see_gap(state, event);
	else if (wanted->kind == EXPECT_VALUES)
		see_value(state, event);
	else if (wanted->kind != EXPECT_GAP)
		state->seen++;
	/* What nearly was the last step says nothing about the next. */
	if (is_order)
		state->near_count = 0;
	state->any = true;
	state->last_seq = number_at(event, "seq");
	state->last_end = number_at(event, wanted->world ? "world_time" : "mono_us");
}

static void done_count(struct expect_state *state)
{
	const struct expectation *wanted = state->expectation;
	bool few = state->seen < (uint64_t)wanted->min;

	state->ok = !few && state->seen <= (uint64_t)wanted->max;
	if (!state->ok)
		because(state, "%llu events match, %s %lld are wanted",
		        (unsigned long long)state->seen,
		        wanted->min == wanted->max ? "exactly"
		        : few                      ? "at least"
		                                   : "at most",
		        (long long)(few ? wanted->min : wanted->max));
	/* Too many: nothing is missing that something could have been. */
	if (!few)
		state->near_count = 0;
}

static void done_order(struct expect_state *state)
{
	const struct expectation *wanted = state->expectation;

	state->ok = state->seen == wanted->step_count;
	if (state->ok)
		return;
	if (state->seen == 0)
		because(state, "nothing matches step 1 of %zu", wanted->step_count);
	else
		because(state, "nothing after seq %lld matches step %llu of %zu",
		        (long long)state->last_seq, (unsigned long long)state->seen + 1,
		        wanted->step_count);
}

void expect_done(struct expect_state *state)
{
	switch (state->expectation->kind) {
	case EXPECT_COUNT:
		done_count(state);
		break;
	case EXPECT_ORDER:
		done_order(state);
		break;
	case EXPECT_GAP:
		state->ok = state->seen > 0 && !state->broken;
		if (state->seen == 0)
			because(state, "%s event matches, two are wanted at least",
			        state->any ? "one" : "no");
		else
			state->near_count = 0;
		break;
	case EXPECT_VALUES:
		state->ok = state->seen > 1 && !state->broken;
		if (!state->ok && !state->broken)
			because(state, "%llu events match, two are wanted at least",
			        (unsigned long long)state->seen);
		else
			state->near_count = 0;
		break;
	}
	if (state->ok)
		state->near_count = 0;
}

cJSON *expect_json(const struct expect_state *state)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *near;

	cJSON_AddBoolToObject(json, "ok", state->ok);
	cJSON_AddNumberToObject(json, "seen", (double)state->seen);
	cJSON_AddStringToObject(json, "why", state->why);
	near = cJSON_AddArrayToObject(json, "near_misses");
	for (size_t i = 0; i < state->near_count; i++) {
		cJSON *one = cJSON_CreateObject();

		cJSON_AddNumberToObject(one, "seq", (double)state->near[i].seq);
		cJSON_AddStringToObject(one, "why", state->near[i].words);
		cJSON_AddItemToArray(near, one);
	}
	return steal(&json);
}

/* ---- reading ---- */

#define COUNT_MAX INT64_C(9007199254740991) /* what a JSON number holds exactly */

static enum msiv2_rc read_limits(const cJSON *object, const char *const names[2],
                                 const struct blame *blame, struct expectation *out,
                                 struct msiv2_error *err)
{
	int64_t *const limits[2] = {&out->min, &out->max};

	for (size_t i = 0; i < 2; i++)
		if (cJSON_GetObjectItemCaseSensitive(object, names[i]))
			TRY(json_need_integer(object, names[i], 0, COUNT_MAX, false, blame,
			                      limits[i], err));
	if (out->min > out->max)
		return err_blame(err, blame, "%s is more than %s", names[0], names[1]);
	return MSIV2_OK;
}

/* The first member that is none of these, or NULL. */
static const char *unknown_member(const cJSON *object, const char *const *known, size_t count)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, object)
	{
		bool found = false;

		for (size_t i = 0; i < count; i++)
			found = found || text_equal(member->string, known[i]);
		if (!found)
			return member->string;
	}
	return NULL;
}

static enum msiv2_rc read_count(const cJSON *object, const struct blame *blame,
                                struct expectation *out, struct msiv2_error *err)
{
	static const char *const members[] = {"match", "count"};
	static const char *const limits[] = {"min", "max"};
	const cJSON *count = cJSON_GetObjectItemCaseSensitive(object, "count");
	const char *unknown = unknown_member(object, members, 2);

	if (!unknown && cJSON_IsObject(count))
		unknown = unknown_member(count, limits, 2);
	if (unknown)
		return err_blame(err, blame, "unknown member \"%s\"", unknown);
	out->kind = EXPECT_COUNT;
	out->min = count ? 0 : 1;
	out->max = COUNT_MAX;
	if (cJSON_IsObject(count)) {
		TRY(read_limits(count, limits, blame, out, err));
	} else if (count) {
		TRY(json_need_integer(object, "count", 0, COUNT_MAX, false, blame, &out->min, err));
		out->max = out->min;
	}
	out->step_count = 1;
	return event_match_read(cJSON_GetObjectItemCaseSensitive(object, "match"), blame->where,
	                        &out->steps[0], err);
}

static enum msiv2_rc read_order(const cJSON *object, const struct blame *blame,
                                struct expectation *out, struct msiv2_error *err)
{
	const cJSON *order = cJSON_GetObjectItemCaseSensitive(object, "order");
	const cJSON *step;

	out->kind = EXPECT_ORDER;
	if (!cJSON_IsArray(order) || !order->child || object->child->next)
		return err_blame(err, blame, "order is not an array of matches, or not alone");
	cJSON_ArrayForEach(step, order)
	{
		if (out->step_count == EXPECT_STEPS_MAX)
			return err_blame(err, blame, "an order has %d steps at most",
			                 EXPECT_STEPS_MAX);
		TRY(event_match_read(step, blame->where, &out->steps[out->step_count++], err));
	}
	return MSIV2_OK;
}

static enum msiv2_rc read_gap(const cJSON *object, const struct blame *blame,
                              struct expectation *out, struct msiv2_error *err)
{
	static const char *const members[] = {"match", "min_ms", "max_ms", "clock"};
	static const char *const limits[] = {"min_ms", "max_ms"};
	const cJSON *gap = cJSON_GetObjectItemCaseSensitive(object, "gap");
	const char *unknown = unknown_member(gap, members, TEXT_COUNT(members));
	const char *clock = NULL;

	out->kind = EXPECT_GAP;
	out->max = COUNT_MAX;
	if (!cJSON_IsObject(gap) || object->child->next || unknown)
		return err_blame(err, blame, "gap is not alone, or has a member \"%s\"",
		                 unknown ? unknown : "");
	TRY(json_may_string(gap, "clock", blame, &clock, err));
	out->world = text_equal(clock, "world");
	if (clock && !out->world && !text_equal(clock, "monotonic"))
		return err_blame(err, blame, "clock is neither monotonic nor world");
	TRY(read_limits(gap, limits, blame, out, err));
	out->step_count = 1;
	return event_match_read(cJSON_GetObjectItemCaseSensitive(gap, "match"), blame->where,
	                        &out->steps[0], err);
}

static enum msiv2_rc read_values(const cJSON *object, const struct blame *blame,
                                 struct expectation *out, struct msiv2_error *err)
{
	static const char *const members[] = {"match", "of", "are"};
	const cJSON *values = cJSON_GetObjectItemCaseSensitive(object, "values");
	const char *unknown = unknown_member(values, members, TEXT_COUNT(members));
	const char *of = NULL;
	const char *are = NULL;

	out->kind = EXPECT_VALUES;
	if (!cJSON_IsObject(values) || object->child->next || unknown)
		return err_blame(err, blame, "values is not alone, or has a member \"%s\"",
		                 unknown ? unknown : "");
	TRY(json_need_string(values, "of", blame, &of, err));
	TRY(json_need_string(values, "are", blame, &are, err));
	if (!event_value_read(of, &out->value))
		return err_blame(err, blame, "events have no \"%s\"", of);
	out->different = text_equal(are, "different");
	if (!out->different && !text_equal(are, "equal"))
		return err_blame(err, blame, "values are neither equal nor different");
	out->step_count = 1;
	return event_match_read(cJSON_GetObjectItemCaseSensitive(values, "match"), blame->where,
	                        &out->steps[0], err);
}

enum msiv2_rc expect_read(const cJSON *object, const char *where, struct expectation *out,
                          struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, where};

	*out = (struct expectation){0};
	if (cJSON_GetObjectItemCaseSensitive(object, "match"))
		return read_count(object, &blame, out, err);
	if (cJSON_GetObjectItemCaseSensitive(object, "order"))
		return read_order(object, &blame, out, err);
	if (cJSON_GetObjectItemCaseSensitive(object, "gap"))
		return read_gap(object, &blame, out, err);
	if (cJSON_GetObjectItemCaseSensitive(object, "values"))
		return read_values(object, &blame, out, err);
	return err_blame(err, &blame, "one of match, order, gap and values is expected");
}
