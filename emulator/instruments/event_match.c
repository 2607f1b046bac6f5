/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "event_match.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "emulator/query.h"

#define NUMBER_SIZE 32
#define SHOWN_MAX   120 /* most bytes of a value that an explanation shows */

/* ---- values ---- */

/* A member as text, the way it is written; NULL when it has none. */
static const char *as_text(const cJSON *member, char scratch[NUMBER_SIZE])
{
	if (cJSON_IsBool(member))
		return cJSON_IsTrue(member) ? "true" : "false";
	if (cJSON_IsNumber(member)) {
		(void)snprintf(scratch, NUMBER_SIZE, "%.0f", member->valuedouble);
		return scratch;
	}
	return cJSON_GetStringValue(member);
}

/* Calls `seen` with every value the event has for this want until it says true. */
typedef bool (*value_fn)(const struct event_want *want, const char *value, void *ctx);

static bool each_header(const struct event_want *want, const cJSON *event, value_fn seen, void *ctx)
{
	const cJSON *header = cJSON_GetObjectItem(event_at(event, want->key->at), want->name);
	const cJSON *value;
	char scratch[NUMBER_SIZE];

	if (!cJSON_IsArray(header))
		return header && seen(want, as_text(header, scratch), ctx);
	cJSON_ArrayForEach(value, header) if (seen(want, as_text(value, scratch), ctx)) return true;
	return false;
}

static bool each_param(const struct event_want *want, const cJSON *event, value_fn seen, void *ctx)
{
	static const struct blame blame = {MSIV2_CONFIG, "query"};
	const char *text = cJSON_GetStringValue(event_at(event, want->key->at));
	OWNED_STRUCT(query) query = {0};

	if (!text || query_parse(text, strlen(text), &blame, &query, NULL) != MSIV2_OK)
		return false;
	for (size_t i = 0; i < query.count; i++)
		if (text_equal(query.params[i].name, want->name) &&
		    seen(want, query.params[i].value, ctx))
			return true;
	return false;
}

static bool each_item(const struct event_want *want, const cJSON *event, const char *member,
                      value_fn seen, void *ctx)
{
	const cJSON *array = event_at(event, want->key->at);
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		const char *text =
		        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, member));

		if (text && seen(want, text, ctx))
			return true;
	}
	return false;
}

static bool each_certificate(const struct event_want *want, const cJSON *event, value_fn seen,
                             void *ctx)
{
	static const char *const at[] = {"certificate_sha256", "tls.client_certificate_sha256"};

	for (size_t i = 0; i < TEXT_COUNT(at); i++) {
		const char *text = cJSON_GetStringValue(event_at(event, at[i]));

		if (text && seen(want, text, ctx))
			return true;
	}
	return false;
}

static bool each_value(const struct event_want *want, const cJSON *event, value_fn seen, void *ctx)
{
	char scratch[NUMBER_SIZE];
	const char *text;

	switch (want->key->how) {
	case EVENT_HEADER:
		return each_header(want, event, seen, ctx);
	case EVENT_PARAM:
		return each_param(want, event, seen, ctx);
	case EVENT_RULE:
		return each_item(want, event, "rule", seen, ctx);
	case EVENT_FAULT:
		return each_item(want, event, "id", seen, ctx) ||
		       each_item(want, event, "fault", seen, ctx);
	case EVENT_CERTIFICATE:
		return each_certificate(want, event, seen, ctx);
	default:
		text = as_text(event_at(event, want->key->at), scratch);
		return text && seen(want, text, ctx);
	}
}

/* ---- judging ---- */

static bool is_there(const struct event_want *want, const char *value, void *ctx)
{
	(void)want;
	(void)ctx;
	return value != NULL;
}

static bool is_equal(const struct event_want *want, const char *value, void *ctx)
{
	(void)ctx;
	switch (want->key->how) {
	case EVENT_PREFIX:
		return text_starts(value, want->text);
	case EVENT_RULE:
		return event_rule_is(value, want->text);
	case EVENT_TEXT_NOCASE:
	case EVENT_CERTIFICATE:
		return text_equal_nocase(value, want->text);
	default:
		return text_equal(value, want->text);
	}
}

static bool fits(const struct event_want *want, const cJSON *event)
{
	int64_t number;

	if (want->wanted == EVENT_NONE)
		return !each_value(want, event, is_there, NULL);
	if (want->wanted == EVENT_ANY)
		return each_value(want, event, is_there, NULL);
	if (want->key->how == EVENT_RANGE)
		return event_number(event_at(event, want->key->at), &number) &&
		       number >= want->min && number <= want->max;
	return each_value(want, event, is_equal, NULL);
}

static bool take_value(const struct event_want *want, const char *value, void *ctx)
{
	(void)want;
	if (value)
		bytes_add_text(ctx, value);
	return value != NULL;
}

bool event_value(const struct event_want *want, const cJSON *event, struct bytes *out)
{
	return each_value(want, event, take_value, out);
}

bool event_match_fits(const struct event_match *match, const cJSON *event)
{
	for (size_t i = 0; i < match->count; i++)
		if (!fits(&match->wants[i], event))
			return false;
	return true;
}

int event_match_distance(const struct event_match *match, const cJSON *event, size_t *fitting)
{
	int distance = 0;

	*fitting = 0;
	for (size_t i = 0; i < match->count; i++) {
		if (fits(&match->wants[i], event))
			(*fitting)++;
		else
			distance += match->wants[i].key->distance;
	}
	return distance;
}

/* ---- explaining ---- */

/* Adds values between quotes, joined by "and". */
static bool add_value(const struct event_want *want, const char *value, void *ctx)
{
	struct bytes *out = ctx;
	size_t len = value ? strlen(value) : 0;
	size_t shown = len < SHOWN_MAX ? len : SHOWN_MAX;
	bool plain = want->key->how == EVENT_RANGE;

	/* Never cut inside a character. */
	while (shown < len && shown > 0 && ((unsigned char)value[shown] & 0xC0) == 0x80)
		shown--;
	bytes_addf(out, "%s%s%.*s%s%s", out->len > 0 ? " and " : "", plain ? "" : "\"", (int)shown,
	           value ? value : "", shown < len ? "..." : "", plain ? "" : "\"");
	return false;
}

/* "the header Metadata", or without its article. */
static void add_what(const struct event_want *want, bool article, struct bytes *out)
{
	const char *words = want->key->words;

	if (!article && text_starts(words, "the "))
		words += strlen("the ");
	bytes_add_text(out, words);
	if (want->name)
		bytes_addf(out, " %s", want->name);
}

static void add_range(const struct event_want *want, struct bytes *out)
{
	if (want->min == want->max)
		bytes_addf(out, "%lld", (long long)want->min);
	else if (want->min == INT64_MIN)
		bytes_addf(out, "at most %lld", (long long)want->max);
	else if (want->max == INT64_MAX)
		bytes_addf(out, "at least %lld", (long long)want->min);
	else
		bytes_addf(out, "%lld to %lld", (long long)want->min, (long long)want->max);
}

static void explain_want(const struct event_want *want, const cJSON *event, struct bytes *out)
{
	OWNED_STRUCT(bytes) seen = {0};

	(void)each_value(want, event, add_value, &seen);
	if (seen.len == 0) {
		bytes_add_text(out, "there was no ");
		add_what(want, false, out);
		return;
	}
	add_what(want, true, out);
	bytes_addf(out, " was %s", bytes_text(&seen));
	if (want->wanted == EVENT_NONE) {
		bytes_add_text(out, ", and none is wanted");
		return;
	}
	bytes_addf(out, ", not %s", want->key->how == EVENT_PREFIX ? "one that starts with " : "");
	if (want->key->how == EVENT_RANGE)
		add_range(want, out);
	else
		bytes_addf(out, "\"%s\"", want->text);
}

void event_match_explain(const struct event_match *match, const cJSON *event, struct bytes *out)
{
	bool first = true;

	for (size_t i = 0; i < match->count; i++) {
		if (fits(&match->wants[i], event))
			continue;
		bytes_add_text(out, first ? "would have matched but " : ", and ");
		explain_want(&match->wants[i], event, out);
		first = false;
	}
}
