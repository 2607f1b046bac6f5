/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "common/mem.h"
#include "common/text.h"
#include "judge.h"

static const char *const words[VERDICT_KIND_COUNT] = {
        [VERDICT_PASS] = "pass",
        [VERDICT_FAIL] = "fail",
        [VERDICT_EXPECTED_FAIL] = "expected-fail",
        [VERDICT_UNEXPECTED_PASS] = "unexpected-pass",
        [VERDICT_SKIP] = "skip",
        [VERDICT_ERROR] = "error",
};

const char *verdict_word(enum verdict_kind kind)
{
	return words[kind];
}

bool verdict_kind_of(const char *word, enum verdict_kind *out)
{
	for (int i = 0; i < VERDICT_KIND_COUNT; i++) {
		if (!text_equal(words[i], word))
			continue;
		*out = (enum verdict_kind)i;
		return true;
	}
	return false;
}

bool verdict_is_bad(enum verdict_kind kind)
{
	return kind == VERDICT_FAIL || kind == VERDICT_UNEXPECTED_PASS || kind == VERDICT_ERROR;
}

void verdict_free(struct verdict *verdict)
{
	mem_free(verdict->checks);
	*verdict = (struct verdict){0};
}

static cJSON *check_json(const struct verdict_check *check)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *near;

	cJSON_AddStringToObject(json, "id", check->id);
	cJSON_AddBoolToObject(json, "ok", check->ok);
	cJSON_AddStringToObject(json, "requirement", check->requirement);
	cJSON_AddStringToObject(json, "says", check->says);
	cJSON_AddStringToObject(json, "expected", check->expected);
	cJSON_AddStringToObject(json, "seen", check->seen);
	near = cJSON_AddArrayToObject(json, "near");
	for (size_t i = 0; i < check->near_count; i++)
		cJSON_AddItemToArray(near, cJSON_CreateString(check->near[i]));
	cJSON_AddNumberToObject(json, "seq_from", (double)check->seq_from);
	if (!cJSON_AddNumberToObject(json, "seq_to", (double)check->seq_to))
		return NULL;
	return steal(&json);
}

cJSON *verdict_json(const struct verdict *verdict)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *checks;

	cJSON_AddStringToObject(json, "scenario", verdict->scenario);
	cJSON_AddStringToObject(json, "verdict", verdict_word(verdict->kind));
	cJSON_AddStringToObject(json, "reason", verdict->reason);
	checks = cJSON_AddArrayToObject(json, "checks");
	for (size_t i = 0; i < verdict->check_count; i++)
		if (!cJSON_AddItemToArray(checks, check_json(&verdict->checks[i])))
			return NULL;
	if (!cJSON_AddNumberToObject(json, "took_ms", (double)verdict->took_ms))
		return NULL;
	return steal(&json);
}
