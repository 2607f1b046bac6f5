/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "expected.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "words.h"

#define SET(field, ...) words_set((field), sizeof(field), __VA_ARGS__)

static const char *const members[] = {"scenario", "check", "reason", "link", "expires"};

static const char *text(const cJSON *entry, const char *name)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, name));

	return value ? value : "";
}

static const cJSON *entries(const struct expected *expected)
{
	return cJSON_GetObjectItemCaseSensitive(expected->json, "expected");
}

void expected_free(struct expected *expected)
{
	cJSON_Delete(expected->json);
	expected->json = NULL;
}

/* "2026-12-31": days are compared as texts. */
static bool is_date(const char *date)
{
	static const char form[] = "0000-00-00";
	int64_t month, day;

	if (strlen(date) != strlen(form))
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '-' ? date[i] != '-' : date[i] < '0' || date[i] > '9')
			return false;
	month = (date[5] - '0') * 10 + date[6] - '0';
	day = (date[8] - '0') * 10 + date[9] - '0';
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static const cJSON *find(const cJSON *list, const char *scenario)
{
	const cJSON *entry;

	cJSON_ArrayForEach(entry, list)
	{
		if (text_equal(text(entry, "scenario"), scenario))
			return entry;
	}
	return NULL;
}

static enum msiv2_rc check_entry(const cJSON *list, const cJSON *entry, const struct blame *blame,
                                 struct msiv2_error *err)
{
	const cJSON *member;
	const char *value;

	for (size_t i = 0; i < TEXT_COUNT(members); i++)
		TRY(json_need_string(entry, members[i], blame, &value, err));
	cJSON_ArrayForEach(member, entry)
	{
		bool known = false;

		for (size_t i = 0; i < TEXT_COUNT(members); i++)
			known = known || text_equal(members[i], member->string);
		if (!known)
			return err_blame(err, blame, "unknown member \"%s\"", member->string);
	}
	if (!is_date(text(entry, "expires")))
		return err_blame(err, blame, "\"%s\" is no date such as 2026-12-31",
		                 text(entry, "expires"));
	if (!text_starts(text(entry, "link"), "https://"))
		return err_blame(err, blame, "the link of %s is no https address",
		                 text(entry, "scenario"));
	if (find(list, text(entry, "scenario")) != entry)
		return err_blame(err, blame, "%s is there twice", text(entry, "scenario"));
	return MSIV2_OK;
}

enum msiv2_rc expected_read(const void *data, size_t len, const char *file, struct expected *out,
                            struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, file};
	OWNED(cJSON) *json = NULL;
	const cJSON *list;
	const cJSON *entry;

	TRY(json_parse_object(data, len, &blame, &json, err));
	list = cJSON_GetObjectItemCaseSensitive(json, "expected");
	if (!cJSON_IsArray(list) || cJSON_GetArraySize(json) != 1)
		return err_blame(err, &blame, "must be {\"expected\":[...]} and nothing else");
	cJSON_ArrayForEach(entry, list) TRY(check_entry(list, entry, &blame, err));
	out->json = steal(&json);
	return MSIV2_OK;
}

static const struct verdict_check *first_failed(const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->check_count; i++)
		if (!verdict->checks[i].ok)
			return &verdict->checks[i];
	return NULL;
}

/* The failure is the one that is known. */
static bool is_the_one(const cJSON *entry, const struct verdict *verdict)
{
	const struct verdict_check *check = first_failed(verdict);

	return check && text_equal(check->id, text(entry, "check")) &&
	       strstr(verdict->reason, text(entry, "reason"));
}

static void apply_to_failure(const cJSON *entry, const char *today, struct verdict *verdict)
{
	char was[VERDICT_WORDS_SIZE];

	memcpy(was, verdict->reason, sizeof(was));
	if (!is_the_one(entry, verdict)) {
		SET(verdict->reason, "fails otherwise than expected (%s, \"%s\"): %s",
		    text(entry, "check"), text(entry, "reason"), was);
		return;
	}
	if (strcmp(today, text(entry, "expires")) > 0) {
		SET(verdict->reason, "was expected until %s (%s): %s", text(entry, "expires"),
		    text(entry, "link"), was);
		return;
	}
	verdict->kind = VERDICT_EXPECTED_FAIL;
	SET(verdict->reason, "expected until %s (%s): %s", text(entry, "expires"),
	    text(entry, "link"), was);
}

void expected_apply(const struct expected *expected, const char *today, struct verdict *verdict)
{
	const cJSON *entry = find(entries(expected), verdict->scenario);

	if (!entry)
		return;
	if (verdict->kind == VERDICT_FAIL)
		apply_to_failure(entry, today, verdict);
	if (verdict->kind == VERDICT_PASS) {
		verdict->kind = VERDICT_UNEXPECTED_PASS;
		SET(verdict->reason,
		    "passes, and was expected to fail at %s: take the entry out (%s)",
		    text(entry, "check"), text(entry, "link"));
	}
}

size_t expected_count(const struct expected *expected)
{
	return (size_t)cJSON_GetArraySize(entries(expected));
}

const char *expected_scenario(const struct expected *expected, size_t index)
{
	return text(cJSON_GetArrayItem(entries(expected), (int)index), "scenario");
}
