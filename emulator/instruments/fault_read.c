/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fault_read.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/json.h"
#include "common/text.h"

enum msiv2_rc fault_blame(struct msiv2_error *err, const char *where, const char *name,
                          const char *fmt, ...)
{
	char path[FAULT_PATH_SIZE];
	char words[256];
	va_list args;

	(void)snprintf(path, sizeof(path), "%s.%s", where, name[0] ? name : "\"\"");
	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	return err_set(err, MSIV2_CONFIG, path, "%s", words);
}

/* ---- when ---- */

static bool read_count(const cJSON *value, uint64_t *out)
{
	double number = cJSON_IsNumber(value) ? value->valuedouble : 0;

	if (!(number >= 1 && number <= (double)FAULT_COUNT_MAX))
		return false;
	*out = (uint64_t)number;
	return (double)*out == number;
}

static bool read_always(const cJSON *value, struct fault_when *out)
{
	(void)out;
	return cJSON_IsTrue(value);
}

static bool read_one(const cJSON *value, struct fault_when *out)
{
	out->count = 1;
	return read_count(value, &out->numbers[0]);
}

static bool read_nth(const cJSON *value, struct fault_when *out)
{
	const cJSON *item;

	if (!cJSON_IsArray(value) || !value->child)
		return false;
	cJSON_ArrayForEach(item, value)
	{
		if (out->count == FAULT_NTH_MAX || !read_count(item, &out->numbers[out->count++]))
			return false;
	}
	return true;
}

static bool read_percent(const cJSON *value, struct fault_when *out)
{
	out->percent = cJSON_IsNumber(value) ? value->valuedouble : 0;
	return out->percent > 0 && out->percent <= 100;
}

static const struct {
	const char *name;
	bool (*read)(const cJSON *value, struct fault_when *out);
	const char *expected;
} whens[] = {
        [FAULT_ALWAYS] = {"always", read_always, "true"},
        [FAULT_NTH] = {"nth", read_nth, "an array of 1 to 64 numbers from 1"},
        [FAULT_FIRST] = {"first", read_one, "a whole number from 1"},
        [FAULT_FROM] = {"from", read_one, "a whole number from 1"},
        [FAULT_PERCENT] = {"percent", read_percent, "a number above 0, at most 100"},
};

static enum msiv2_rc read_when(const cJSON *member, const char *where, struct fault_when *out,
                               struct msiv2_error *err)
{
	for (size_t i = 0; i < TEXT_COUNT(whens); i++) {
		if (!text_equal(whens[i].name, member->string))
			continue;
		out->kind = (enum fault_when_kind)i;
		if (!whens[i].read(member, out))
			return fault_blame(err, where, member->string, "must be %s",
			                   whens[i].expected);
		return MSIV2_OK;
	}
	return fault_blame(err, where, member->string, "unknown member");
}

enum msiv2_rc fault_read_when(const cJSON *when, const char *where, struct fault_when *out,
                              cJSON *to, struct msiv2_error *err)
{
	cJSON *complete = NULL;

	*out = (struct fault_when){.kind = FAULT_ALWAYS};
	if (when && (!cJSON_IsObject(when) || !when->child || when->child->next))
		return err_set(err, MSIV2_CONFIG, where,
		               "must be an object with one of always, nth, first, from, percent");
	if (when) {
		TRY(read_when(when->child, where, out, err));
		complete = cJSON_Duplicate(when, true);
	} else {
		complete = cJSON_CreateObject();
		cJSON_AddTrueToObject(complete, "always");
	}
	if (!json_add(to, "when", complete))
		return err_no_memory(err, where);
	return MSIV2_OK;
}

/* ---- with ---- */

static const struct fault_param *find_param(const struct fault_kind *kind, const char *name)
{
	for (size_t i = 0; i < FAULT_PARAMS_MAX && kind->params[i].name; i++)
		if (text_equal(kind->params[i].name, name))
			return &kind->params[i];
	return NULL;
}

/* A header as it can stand on a line of its own. */
static bool is_header(const cJSON *member)
{
	const char *value = cJSON_GetStringValue(member);

	if (member->string[0] == '\0' || !value)
		return false;
	for (const char *c = member->string; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == ':')
			return false;
	for (const char *c = value; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return true;
}

static bool are_headers(const cJSON *value)
{
	const cJSON *member;

	if (!cJSON_IsObject(value))
		return false;
	cJSON_ArrayForEach(member, value)
	{
		if (!is_header(member))
			return false;
	}
	return true;
}

static bool is_integer(const struct fault_param *param, const cJSON *value)
{
	double number = cJSON_IsNumber(value) ? value->valuedouble : 0;

	return cJSON_IsNumber(value) && number >= (double)param->min &&
	       number <= (double)param->max && (double)(int64_t)number == number;
}

static enum msiv2_rc check_param(const struct fault_param *param, const cJSON *value,
                                 const char *where, struct msiv2_error *err)
{
	const char *text = cJSON_GetStringValue(value);

	if (param->type == FAULT_INTEGER && !is_integer(param, value))
		return fault_blame(err, where, param->name,
		                   "must be a whole number from %lld to %lld",
		                   (long long)param->min, (long long)param->max);
	if (param->type == FAULT_HEADERS && !are_headers(value))
		return fault_blame(err, where, param->name, "must be an object of printable texts");
	if (param->type != FAULT_TEXT || (param->nullable && cJSON_IsNull(value)))
		return MSIV2_OK;
	if (!text || (param->valid && !param->valid(text)))
		return fault_blame(err, where, param->name, "must be %s", param->help);
	return MSIV2_OK;
}

/* The value given, or the default. */
static enum msiv2_rc add_param(const struct fault_param *param, const cJSON *given,
                               const char *where, cJSON *to, struct msiv2_error *err)
{
	cJSON *value;

	if (given)
		TRY(check_param(param, given, where, err));
	else if (!param->fallback)
		return fault_blame(err, where, param->name, "is required: %s", param->help);
	value = given ? cJSON_Duplicate(given, true) : cJSON_Parse(param->fallback);
	if (!json_add(to, param->name, value))
		return err_no_memory(err, where);
	return MSIV2_OK;
}

enum msiv2_rc fault_read_with(const cJSON *with, const struct fault_kind *kind, const char *where,
                              cJSON *to, struct msiv2_error *err)
{
	cJSON *complete = cJSON_AddObjectToObject(to, "with");
	const cJSON *member;

	if (!complete)
		return err_no_memory(err, where);
	if (with && !cJSON_IsObject(with))
		return err_set(err, MSIV2_CONFIG, where, "must be an object");
	cJSON_ArrayForEach(member, with)
	{
		if (!find_param(kind, member->string))
			return fault_blame(err, where, member->string, "is no parameter of %s",
			                   kind->name);
	}
	for (size_t i = 0; i < FAULT_PARAMS_MAX && kind->params[i].name; i++) {
		const struct fault_param *param = &kind->params[i];

		TRY(add_param(param, cJSON_GetObjectItemCaseSensitive(with, param->name), where,
		              complete, err));
	}
	return MSIV2_OK;
}
