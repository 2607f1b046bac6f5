/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "scenario.h"

#include <ctype.h>
#include <string.h>

#include "common/files.h"
#include "common/text.h"
#include "scenario_refer.h"
#include "step_kind.h"

#define FILE_MAX ((size_t)256 * 1024)

const char *const level_words[] = {
        [LEVEL_MUST] = "MUST", [LEVEL_SHOULD] = "SHOULD", [LEVEL_OBSERVED] = "OBSERVED",
        [LEVEL_SPEC] = "SPEC", [LEVEL_HOUSE] = "HOUSE",   [LEVEL_HOUSE + 1] = NULL};

/* ---- texts ---- */

static bool is_small(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool name_valid(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!is_small(text[i]))
			return false;
	return len > 0;
}

bool scenario_id_valid(const char *text)
{
	const char *dot = strchr(text, '.');

	for (const char *c = text; *c; c++)
		if (c != dot && !is_small(*c))
			return false;
	return dot && dot != text && dot[1] != '\0';
}

/* "STS-05" */
static bool requirement_valid(const char *text)
{
	size_t len = strlen(text);

	if (len < 4 || text[len - 3] != '-' || !isdigit((unsigned char)text[len - 2]) ||
	    !isdigit((unsigned char)text[len - 1]))
		return false;
	for (size_t i = 0; i < len - 3; i++)
		if (!isupper((unsigned char)text[i]) && !isdigit((unsigned char)text[i]))
			return false;
	return true;
}

void scenario_group(const char *id, char *out, size_t size)
{
	size_t len = strcspn(id, ".");

	out[0] = '\0';
	if (len >= size)
		return;
	memcpy(out, id, len);
	out[len] = '\0';
}

/* ---- the form ---- */

static const char *const kinds[] = {"positive", "negative", NULL};
static const char *const sources[] = {"network", "cache", NULL};
static const char *const classes[] = {
        "config",       "unsupported", "key_unavailable", "attestation_failed",
        "transport",    "timeout",     "imds_refused",    "imds_malformed",
        "cert_invalid", "sts_refused", "sts_malformed",   "store",
        "internal",     NULL};

static const struct form_member result_members[] = {
        {.name = "ok", .type = FORM_BOOL},
        {.name = "class", .type = FORM_WORD_OR_WORDS, .min = 1, .words = classes},
        {.name = "code", .type = FORM_TEXT, .max = 95},
        {.name = "http_status", .type = FORM_INTEGER, .min = 0, .max = 999},
        {.name = "token_type", .type = FORM_TEXT, .max = 63},
        {.name = "source", .type = FORM_WORD, .words = sources},
        {.name = "key_kind", .type = FORM_WORD, .words = key_kind_words},
        {.name = "same_certificate_as", .type = FORM_TEXT, .valid = name_valid},
        {.name = "other_certificate_than", .type = FORM_TEXT, .valid = name_valid},
        {.name = "same_key_as", .type = FORM_TEXT, .valid = name_valid},
        {.name = "other_key_than", .type = FORM_TEXT, .valid = name_valid},
        {.name = "status", .type = FORM_INTEGER, .min = 100, .max = 599},
        {.name = "all_same_certificate", .type = FORM_BOOL},
        {.name = "within_ms", .type = FORM_INTEGER, .min = 0, .max = INT64_C(1) << 40},
        {.name = "other_waits_than", .type = FORM_TEXT, .valid = name_valid},
        {.name = NULL}};
static const struct form result_form = {result_members};

static const struct form_member step_members[] = {
        {.name = "do", .type = FORM_WORD, .required = true, .words = step_words},
        {.name = "name", .type = FORM_TEXT, .valid = name_valid},
        {.name = "with", .type = FORM_OBJECT},
        {.name = "expect", .type = FORM_OBJECT, .object = &result_form},
        {.name = NULL}};
static const struct form step_form = {step_members};

static const struct form_member findings_members[] = {{.name = "none_of", .type = FORM_TEXTS},
                                                      {.name = "some_of", .type = FORM_TEXTS},
                                                      {.name = NULL}};
static const struct form findings_form = {findings_members};

static const struct form_member store_members[] = {
        {.name = "entries", .type = FORM_INTEGER, .min = 0, .max = 1000},
        {.name = "private", .type = FORM_BOOL},
        {.name = "keyless", .type = FORM_BOOL},
        {.name = "unchanged", .type = FORM_BOOL},
        {.name = NULL}};
static const struct form store_form = {store_members};

static const struct form_member expect_members[] = {
        {.name = "journal", .type = FORM_OBJECTS},
        {.name = "findings", .type = FORM_OBJECT, .object = &findings_form},
        {.name = "store", .type = FORM_OBJECT, .object = &store_form},
        {.name = "secrets", .type = FORM_BOOL},
        {.name = NULL}};
static const struct form expect_form = {expect_members};

static const struct form_member file_members[] = {
        {.name = "id", .type = FORM_TEXT, .required = true, .max = 80, .valid = scenario_id_valid},
        {.name = "title", .type = FORM_TEXT, .required = true, .min = 10, .max = 120},
        {.name = "kind", .type = FORM_WORD, .required = true, .words = kinds},
        {.name = "requirements",
         .type = FORM_TEXTS,
         .required = true,
         .min = 1,
         .valid = requirement_valid},
        {.name = "level", .type = FORM_WORD, .required = true, .words = level_words},
        {.name = "fast", .type = FORM_BOOL},
        {.name = "why", .type = FORM_TEXT, .required = true, .min = 20},
        {.name = "twin", .type = FORM_TEXT, .max = 80, .valid = scenario_id_valid},
        {.name = "needs", .type = FORM_WORDS, .words = feature_words},
        {.name = "keys", .type = FORM_WORDS, .min = 1, .words = key_kind_words},
        {.name = "time_limit_s", .type = FORM_INTEGER, .min = 1, .max = 300},
        {.name = "world", .type = FORM_OBJECT},
        {.name = "client", .type = FORM_OBJECT, .object = &client_form},
        {.name = "faults", .type = FORM_OBJECTS, .object = &fault_form},
        {.name = "steps", .type = FORM_OBJECTS, .required = true, .min = 1, .object = &step_form},
        {.name = "expect", .type = FORM_OBJECT, .required = true, .object = &expect_form},
        {.name = NULL}};
static const struct form file_form = {file_members};

/* ---- reading ---- */

static const cJSON *member(const struct scenario *scenario, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(scenario->json, name);
}

static const char *text(const struct scenario *scenario, const char *name)
{
	return cJSON_GetStringValue(member(scenario, name));
}

void scenario_free(struct scenario *scenario)
{
	cJSON_Delete(scenario->json);
	*scenario = (struct scenario){0};
}

/* The members whose form is right. */
static void fill(struct scenario *scenario)
{
	const cJSON *limit = member(scenario, "time_limit_s");
	const cJSON *keys = member(scenario, "keys");
	const cJSON *step;

	scenario->id = text(scenario, "id");
	scenario->title = text(scenario, "title");
	scenario->why = text(scenario, "why");
	scenario->twin = text(scenario, "twin");
	scenario->negative = text_equal(text(scenario, "kind"), "negative");
	scenario->fast = cJSON_IsTrue(member(scenario, "fast")) != 0;
	scenario->level = (enum scenario_level)form_word(level_words, text(scenario, "level"));
	scenario->keys =
	        keys ? feature_bits(keys, key_kind_words) : FEATURE_BIT(KEY_KIND_COUNT) - 1;
	scenario->time_limit_s = limit ? (int64_t)limit->valuedouble : SCENARIO_TIME_LIMIT_S;
	scenario->requirements = member(scenario, "requirements");
	scenario->world = member(scenario, "world");
	scenario->client = member(scenario, "client");
	scenario->faults = member(scenario, "faults");
	scenario->steps = member(scenario, "steps");
	scenario->expect = member(scenario, "expect");
	scenario->needs = feature_bits(member(scenario, "needs"), feature_words) |
	                  client_features(scenario->client);
	cJSON_ArrayForEach(step, scenario->steps) scenario->needs |= step_features(step);
	if (cJSON_GetObjectItemCaseSensitive(scenario->expect, "store"))
		scenario->needs |= FEATURE_BIT(FEATURE_STORE);
}

enum msiv2_rc scenario_take(cJSON *json, const char *file, struct scenario *out,
                            struct msiv2_error *err)
{
	OWNED_STRUCT(scenario) scenario = {.json = json};

	TRY(form_check(&file_form, json, "", file, err));
	fill(&scenario);
	if (scenario.negative && !scenario.twin)
		return err_set(err, MSIV2_CONFIG, file, "twin: is missing from a negative one");
	TRY(scenario_refer_check(&scenario, file, err));
	*out = steal(&scenario);
	return MSIV2_OK;
}

enum msiv2_rc scenario_read(const void *bytes, size_t len, const char *file, struct scenario *out,
                            struct msiv2_error *err)
{
	struct blame blame = {MSIV2_CONFIG, file};
	cJSON *json = NULL;

	TRY(json_parse_object(bytes, len, &blame, &json, err));
	return scenario_take(json, file, out, err);
}

enum msiv2_rc scenario_load(const char *path, struct scenario *out, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) content = {0};

	TRY(files_read(path, FILE_MAX, MSIV2_CONFIG, &content, err));
	return scenario_read(content.data, content.len, path, out, err);
}
