/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The answers to journal_filter.h's questions. */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "event_expect.h"
#include "journal_filter.h"
#include "journal_har.h"

#define WHERE      "journal"
#define EXPECT_MAX 32 /* expectations of one request */

/* ---- printing ---- */

/* A walk that collects what fits. */
struct collect {
	const struct journal_filter *filter;
	enum journal_form form;
	struct bytes *out;
	struct bytes starts; /* where in out each event begins (size_t) */
	uint64_t count;
	bool no_memory;
};

static void add_event(struct collect *collect, const cJSON *event, const char *json, size_t len)
{
	size_t start = collect->out->len;

	bytes_add(&collect->starts, &start, sizeof(start));
	if (collect->form != JOURNAL_FORM_LINES && collect->count > 0)
		bytes_add_byte(collect->out, ',');
	if (collect->form == JOURNAL_FORM_HAR)
		har_add_entry(event, collect->out);
	else
		bytes_add(collect->out, json, len);
	if (collect->form == JOURNAL_FORM_LINES)
		bytes_add_byte(collect->out, '\n');
	collect->count++;
}

static bool collect_event(void *ctx, uint64_t seq, const char *json, size_t len)
{
	struct collect *collect = ctx;
	const struct journal_filter *filter = collect->filter;
	bool is_har = collect->form == JOURNAL_FORM_HAR;
	OWNED(cJSON) *event = NULL;

	(void)seq;
	if (is_har || filter->match.count > 0) {
		event = cJSON_ParseWithLength(json, len);
		collect->no_memory = event == NULL;
		if (!event)
			return false;
		if (!event_match_fits(&filter->match, event) || (is_har && !har_has(event)))
			return true;
	}
	if (filter->limit != 0 && collect->count == filter->limit)
		return false;
	add_event(collect, event, json, len);
	return true;
}

/* Takes all but the last events out again, the first of which began at `base`. */
static void keep_last(struct collect *collect, size_t base)
{
	size_t first, more;
	struct bytes *out = collect->out;

	if (collect->filter->last == 0 || collect->count <= collect->filter->last)
		return;
	memcpy(&first,
	       collect->starts.data +
	               (size_t)(collect->count - collect->filter->last) * sizeof(first),
	       sizeof(first));
	more = collect->form == JOURNAL_FORM_LINES ? 0 : 1; /* the comma */
	memmove(out->data + base, out->data + first + more, out->len - first - more + 1);
	out->len -= first + more - base;
}

/* Appends the events, separated as the form wants it. */
static enum msiv2_rc collect_events(struct journal *journal, const struct journal_filter *filter,
                                    enum journal_form form, struct bytes *out,
                                    struct journal_end *end, struct msiv2_error *err)
{
	struct collect collect = {.filter = filter, .form = form, .out = out};
	size_t base = out->len;
	enum msiv2_rc rc = journal_walk(journal, filter->since, collect_event, &collect, end, err);

	if (rc == MSIV2_OK && (collect.no_memory || collect.starts.failed || out->failed))
		rc = err_no_memory(err, WHERE);
	if (rc == MSIV2_OK)
		keep_last(&collect, base);
	bytes_free(&collect.starts);
	return rc;
}

/* "events":[...],"dropped":n,"next":seq */
static enum msiv2_rc print_events(struct journal *journal, const struct journal_filter *filter,
                                  struct bytes *out, struct msiv2_error *err)
{
	struct journal_end end;

	bytes_add_text(out, "\"events\":[");
	TRY(collect_events(journal, filter, JOURNAL_FORM_JSON, out, &end, err));
	bytes_addf(out, "],\"dropped\":%llu,\"next\":%llu", (unsigned long long)end.dropped,
	           (unsigned long long)end.next);
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc journal_print(struct journal *journal, const struct journal_filter *filter,
                            enum journal_form form, struct bytes *out, struct msiv2_error *err)
{
	struct journal_end end;

	switch (form) {
	case JOURNAL_FORM_LINES:
		return collect_events(journal, filter, form, out, &end, err);
	case JOURNAL_FORM_HAR:
		har_begin(out);
		TRY(collect_events(journal, filter, form, out, &end, err));
		har_end(out);
		return bytes_done(out, WHERE, err);
	default:
		bytes_add_byte(out, '{');
		TRY(print_events(journal, filter, out, err));
		bytes_add_byte(out, '}');
		return bytes_done(out, WHERE, err);
	}
}

/* ---- waiting ---- */

/* A walk that counts. */
struct await {
	struct expect_state state;
	uint64_t wanted;
	bool no_memory;
};

static bool await_event(void *ctx, uint64_t seq, const char *json, size_t len)
{
	struct await *await = ctx;
	OWNED(cJSON) *event = cJSON_ParseWithLength(json, len);

	(void)seq;
	await->no_memory = event == NULL;
	if (event)
		expect_see(&await->state, event);
	return event && await->state.seen < await->wanted;
}

/* Walks and waits until there is enough, or there will not be. */
static enum msiv2_rc await_events(struct journal *journal, const struct journal_filter *filter,
                                  struct await *await, bool *closed, struct msiv2_error *err)
{
	const int64_t deadline_us = clock_deadline_us(clock_system(), filter->timeout_ms);
	const struct expectation *expectation = await->state.expectation;
	struct journal_end end = {.next = filter->since};
	enum journal_news news = JOURNAL_NEWS;
	uint64_t epoch;

	while (news == JOURNAL_NEWS) {
		epoch = end.epoch;
		TRY(journal_walk(journal, end.next, await_event, await, &end, err));
		if (await->no_memory)
			return err_no_memory(err, WHERE);
		/* What was counted before a reset is gone. */
		if (end.epoch != epoch && await->state.any) {
			expect_begin(&await->state, expectation);
			end.next = filter->since;
			continue;
		}
		if (await->state.seen >= await->wanted)
			return MSIV2_OK;
		news = journal_wait(journal, &end, deadline_us);
	}
	*closed = news == JOURNAL_CLOSED;
	return MSIV2_OK;
}

enum msiv2_rc journal_await(struct journal *journal, const struct journal_filter *filter,
                            bool *closed, struct bytes *out, struct msiv2_error *err)
{
	struct expectation expectation = {
	        .kind = EXPECT_COUNT,
	        .steps[0] = filter->match,
	        .step_count = 1,
	        .min = (int64_t)filter->count,
	        .max = INT64_MAX,
	};
	struct await await = {.wanted = filter->count};
	OWNED(cJSON) *json = NULL;

	*closed = false;
	expect_begin(&await.state, &expectation);
	TRY(await_events(journal, filter, &await, closed, err));
	expect_done(&await.state);
	json = expect_json(&await.state);
	json_print(json, out);
	TRY(bytes_done(out, WHERE, err));
	/* The events go into the same object. */
	out->data[out->len - 1] = ',';
	TRY(print_events(journal, filter, out, err));
	bytes_add_byte(out, '}');
	return bytes_done(out, WHERE, err);
}

/* ---- asserting ---- */

/* A walk past all expectations. */
struct judge {
	struct expectation *expectations;
	struct expect_state *states;
	size_t count;
	uint64_t until;
	bool no_memory;
};

static void judge_free(struct judge *judge)
{
	mem_free(judge->expectations);
	mem_free(judge->states);
}
DEFINE_OWNED_VALUE(judge, judge_free)

static bool judge_event(void *ctx, uint64_t seq, const char *json, size_t len)
{
	struct judge *judge = ctx;
	OWNED(cJSON) *event = NULL;

	if (seq > judge->until)
		return false;
	event = cJSON_ParseWithLength(json, len);
	judge->no_memory = event == NULL;
	for (size_t i = 0; event && i < judge->count; i++)
		expect_see(&judge->states[i], event);
	return event != NULL;
}

static enum msiv2_rc read_expectations(const cJSON *body, struct judge *judge,
                                       struct msiv2_error *err)
{
	const cJSON *expect = cJSON_GetObjectItemCaseSensitive(body, "expect");
	const cJSON *one;
	int count = cJSON_GetArraySize(expect);

	if (!cJSON_IsArray(expect) || count < 1 || count > EXPECT_MAX)
		return err_set(err, MSIV2_CONFIG, "expect", "must be an array of 1 to %d",
		               EXPECT_MAX);
	judge->expectations = mem_alloc((size_t)count * sizeof(*judge->expectations));
	judge->states = mem_alloc((size_t)count * sizeof(*judge->states));
	if (!judge->expectations || !judge->states)
		return err_no_memory(err, WHERE);
	cJSON_ArrayForEach(one, expect)
	{
		char where[32];

		(void)snprintf(where, sizeof(where), "expect[%zu]", judge->count);
		TRY(expect_read(one, where, &judge->expectations[judge->count], err));
		expect_begin(&judge->states[judge->count], &judge->expectations[judge->count]);
		judge->count++;
	}
	return MSIV2_OK;
}

/* "since" and "until" beside "expect", and nothing else. */
static enum msiv2_rc read_bounds(const cJSON *body, int64_t *since, int64_t *until,
                                 struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_CONFIG, "body"};
	const cJSON *member;

	*since = 0;
	*until = INT64_MAX;
	cJSON_ArrayForEach(member, body)
	{
		bool is_since = strcmp(member->string, "since") == 0;

		if (strcmp(member->string, "expect") == 0)
			continue;
		if (!is_since && strcmp(member->string, "until") != 0)
			return err_blame(err, &blame, "unknown member \"%s\"", member->string);
		TRY(json_need_integer(body, member->string, 0, INT64_C(9007199254740991), false,
		                      &blame, is_since ? since : until, err));
	}
	return MSIV2_OK;
}

enum msiv2_rc journal_assert(struct journal *journal, const cJSON *body, struct bytes *out,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(judge) judge = {0};
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *results = cJSON_CreateArray();
	struct journal_end end;
	int64_t since, until;
	bool ok = true;

	cJSON_AddItemToObject(json, "results", results);
	TRY(read_bounds(body, &since, &until, err));
	TRY(read_expectations(body, &judge, err));
	judge.until = (uint64_t)until;
	TRY(journal_walk(journal, (uint64_t)since, judge_event, &judge, &end, err));
	if (judge.no_memory)
		return err_no_memory(err, WHERE);
	for (size_t i = 0; i < judge.count; i++) {
		expect_done(&judge.states[i]);
		ok = ok && judge.states[i].ok;
		cJSON_AddItemToArray(results, expect_json(&judge.states[i]));
	}
	cJSON_AddBoolToObject(json, "ok", ok);
	json_print(json, out);
	return bytes_done(out, WHERE, err);
}
