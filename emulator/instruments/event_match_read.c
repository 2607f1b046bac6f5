/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/text.h"
#include "event_match.h"

/* ---- ranges ---- */

/* One end of a range: digits, or a time. */
static bool read_end(const char *text, size_t len, int64_t *out)
{
	char end[32];

	if (len >= sizeof(end))
		return false;
	memcpy(end, text, len);
	end[len] = '\0';
	return text_to_int(end, 0, INT64_MAX, out) || event_time_s(end, out);
}

/* "4xx": any status that starts with that digit. */
static bool read_class(const char *text, struct event_want *want)
{
	if (strlen(text) != 3 || text[0] < '1' || text[0] > '5' || !text_equal(text + 1, "xx"))
		return false;
	want->min = (int64_t)(text[0] - '0') * 100;
	want->max = want->min + 99;
	return true;
}

/* "A", "A..B", "A..", "..B". */
static bool read_range(const char *text, struct event_want *want)
{
	const char *dots = strstr(text, "..");
	size_t len = dots ? (size_t)(dots - text) : strlen(text);

	if (!dots) {
		if (!read_end(text, len, &want->min))
			return false;
		want->max = want->min;
		return true;
	}
	want->min = INT64_MIN;
	want->max = INT64_MAX;
	if (len == 0 && dots[2] == '\0')
		return false;
	if (len > 0 && !read_end(text, len, &want->min))
		return false;
	if (dots[2] != '\0' && !read_end(dots + 2, strlen(dots + 2), &want->max))
		return false;
	return want->min <= want->max;
}

/* No event has another status. */
static bool range_can_be(const struct event_want *want)
{
	return !text_equal(want->key->name, "status") || (want->max >= 100 && want->min <= 599);
}

/* ---- one want ---- */

static enum msiv2_rc set_text(struct event_want *want, const char *text, const char *where,
                              struct msiv2_error *err)
{
	const struct event_key *key = want->key;

	want->text = text;
	if (key->how == EVENT_RANGE) {
		bool is_class = text_equal(key->name, "status") && read_class(text, want);

		if ((!is_class && !read_range(text, want)) || !range_can_be(want))
			return err_set(err, MSIV2_CONFIG, where,
			               "'%s' is not a number or range (\"200\", \"400..499\") that "
			               "%s can have",
			               text, key->words);
		return MSIV2_OK;
	}
	if (key->valid && !key->valid(text))
		return err_set(err, MSIV2_CONFIG, where, "unknown %s '%s'", key->name, text);
	return MSIV2_OK;
}

static enum msiv2_rc new_want(struct event_match *match, const struct event_key *key,
                              const char *where, struct event_want **out, struct msiv2_error *err)
{
	if (match->count == EVENT_WANTS_MAX)
		return err_set(err, MSIV2_CONFIG, where, "more than %d things are wanted",
		               EVENT_WANTS_MAX);
	*out = &match->wants[match->count++];
	**out = (struct event_want){.key = key};
	return MSIV2_OK;
}

static bool has_names(const struct event_key *key)
{
	return key->how == EVENT_HEADER || key->how == EVENT_PARAM;
}

bool event_value_read(const char *name, struct event_want *out)
{
	const char *dot = strchr(name, '.');
	const struct event_key *key = NULL;
	char section[16];

	if (dot && dot[1] != '\0' && (size_t)(dot - name) < sizeof(section)) {
		memcpy(section, name, (size_t)(dot - name));
		section[dot - name] = '\0';
		key = event_key_find(section);
	} else if (!dot) {
		key = event_key_find(name);
	}
	*out = (struct event_want){.key = key, .name = dot ? dot + 1 : NULL};
	return key && has_names(key) == (dot != NULL);
}

enum msiv2_rc event_match_add(struct event_match *match, const char *name, const char *value,
                              bool *known, struct msiv2_error *err)
{
	struct event_want *want = NULL;
	struct event_want named;

	*known = event_value_read(name, &named);
	if (!*known)
		return MSIV2_OK;
	TRY(new_want(match, named.key, name, &want, err));
	want->name = named.name;
	return set_text(want, value, name, err);
}

/* ---- from JSON ---- */

/* {"min":A,"max":B}, either of them. */
static enum msiv2_rc read_limits(struct event_want *want, const cJSON *object, const char *where,
                                 struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, where};
	const cJSON *member;

	want->min = INT64_MIN;
	want->max = INT64_MAX;
	cJSON_ArrayForEach(member, object)
	{
		bool is_min = text_equal(member->string, "min");

		if (!is_min && !text_equal(member->string, "max"))
			return err_blame(err, &blame, "%s has min and max, not \"%s\"",
			                 want->key->name, member->string);
		TRY(json_need_integer(object, member->string, 0, INT64_C(9007199254740991), false,
		                      &blame, is_min ? &want->min : &want->max, err));
	}
	if (!object->child || want->min > want->max || !range_can_be(want))
		return err_blame(err, &blame, "%s has a range that nothing is in", want->key->name);
	return MSIV2_OK;
}

static enum msiv2_rc read_value(struct event_want *want, const cJSON *value, const char *where,
                                struct msiv2_error *err)
{
	const char *text = cJSON_GetStringValue(value);
	const struct blame blame = {MSIV2_CONFIG, where};
	bool is_flag = text_equal(want->key->name, "tls_resumed");

	if (text)
		return set_text(want, text, where, err);
	if (cJSON_IsNull(value)) {
		want->wanted = EVENT_NONE;
		return MSIV2_OK;
	}
	if (cJSON_IsBool(value) && is_flag)
		return set_text(want, cJSON_IsTrue(value) ? "true" : "false", where, err);
	if (cJSON_IsTrue(value)) {
		want->wanted = EVENT_ANY;
		return MSIV2_OK;
	}
	if (want->key->how == EVENT_RANGE && cJSON_IsObject(value))
		return read_limits(want, value, where, err);
	if (want->key->how == EVENT_RANGE && cJSON_IsNumber(value) && value->valuedouble >= 0 &&
	    value->valuedouble <= 9e15 &&
	    value->valuedouble == (double)(int64_t)value->valuedouble) {
		want->min = want->max = (int64_t)value->valuedouble;
		if (range_can_be(want))
			return MSIV2_OK;
	}
	return err_blame(err, &blame, "%s has a value of a wrong type, or one that no event has",
	                 want->key->name);
}

/* {"Metadata":"true"}: one want for each. */
static enum msiv2_rc read_names(struct event_match *match, const struct event_key *key,
                                const cJSON *object, const char *where, struct msiv2_error *err)
{
	const cJSON *member;

	if (!cJSON_IsObject(object))
		return err_set(err, MSIV2_CONFIG, where, "%s is not an object", key->name);
	cJSON_ArrayForEach(member, object)
	{
		struct event_want *want = NULL;

		TRY(new_want(match, key, where, &want, err));
		want->name = member->string;
		TRY(read_value(want, member, where, err));
	}
	return MSIV2_OK;
}

enum msiv2_rc event_match_read(const cJSON *object, const char *where, struct event_match *out,
                               struct msiv2_error *err)
{
	const cJSON *member;

	*out = (struct event_match){0};
	if (!cJSON_IsObject(object))
		return err_set(err, MSIV2_CONFIG, where, "a match is an object");
	cJSON_ArrayForEach(member, object)
	{
		const struct event_key *key = event_key_find(member->string);
		struct event_want *want = NULL;

		if (!key)
			return err_set(err, MSIV2_CONFIG, where, "unknown member \"%s\"",
			               member->string);
		if (has_names(key)) {
			TRY(read_names(out, key, member, where, err));
			continue;
		}
		TRY(new_want(out, key, where, &want, err));
		TRY(read_value(want, member, where, err));
	}
	return MSIV2_OK;
}
