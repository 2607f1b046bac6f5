/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "last_run.h"

#include "common/files.h"
#include "common/json.h"
#include "common/text.h"
#include "output.h"
#include "scenarios/runner/form.h"
#include "scenarios/runner/out_folder.h"

#define NAME     RUN_MARK
#define FILE_MAX ((size_t)1024 * 1024)

#define FAILED "failed"
#define SEED   "seed"
#define KEY    "key"

static enum msiv2_rc path_of(const char *out_dir, struct bytes *path, struct msiv2_error *err)
{
	bytes_addf(path, "%s/" NAME, out_dir);
	return bytes_done(path, out_dir, err);
}

/* It is to be run again. */
static bool is_left(const struct result *result, bool rerun)
{
	enum verdict_kind kind = result->verdict.kind;

	if (result->twin_only)
		return false;
	return rerun ? kind != VERDICT_PASS && kind != VERDICT_EXPECTED_FAIL
	             : result->ran && verdict_is_bad(kind);
}

static bool has_row(const struct results *results, const char *id)
{
	for (size_t i = 0; i < results->count; i++)
		if (!results->items[i].twin_only && text_equal(results->items[i].scenario->id, id))
			return true;
	return false;
}

static enum msiv2_rc add_id(cJSON *failed, const char *id, struct msiv2_error *err)
{
	return cJSON_AddItemToArray(failed, cJSON_CreateString(id)) ? MSIV2_OK
	                                                            : err_no_memory(err, NAME);
}

/* What was to be run again, and was not chosen. */
static enum msiv2_rc add_unchosen(const struct arguments *arguments, const struct results *results,
                                  cJSON *failed, struct msiv2_error *err)
{
	for (size_t i = 0; arguments->rerun_failed && i < arguments->filter_count; i++)
		if (!has_row(results, arguments->filters[i]))
			TRY(add_id(failed, arguments->filters[i], err));
	return MSIV2_OK;
}

enum msiv2_rc last_run_write(const struct arguments *arguments, const struct results *results,
                             struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	cJSON *failed = cJSON_AddArrayToObject(json, FAILED);

	if (!results->cleared)
		return MSIV2_OK;
	if (!failed || !cJSON_AddNumberToObject(json, SEED, (double)results->seed) ||
	    !cJSON_AddStringToObject(json, KEY, results->key))
		return err_no_memory(err, NAME);
	for (size_t i = 0; i < results->count; i++)
		if (is_left(&results->items[i], arguments->rerun_failed))
			TRY(add_id(failed, results->items[i].scenario->id, err));
	TRY(add_unchosen(arguments, results, failed, err));
	json_print(json, &text);
	bytes_add_byte(&text, '\n');
	TRY(path_of(arguments->out_dir, &path, err));
	return output_write(bytes_text(&path), &text, err);
}

/* Seed and kind of key of the run before, where none was given. */
static enum msiv2_rc take_over(const cJSON *before, const char *where, struct arguments *arguments,
                               struct msiv2_error *err)
{
	const cJSON *seed = cJSON_GetObjectItemCaseSensitive(before, SEED);
	const cJSON *key = cJSON_GetObjectItemCaseSensitive(before, KEY);
	int at = key ? form_word(key_kind_words, cJSON_GetStringValue(key)) : KEY_KIND_MEMORY;

	if (!cJSON_IsNumber(seed) || !(seed->valuedouble >= 0) ||
	    !(seed->valuedouble <= (double)ARGUMENTS_SEED_MAX))
		return err_set(err, MSIV2_CONFIG, where, SEED ": is not usable");
	if (at < 0)
		return err_set(err, MSIV2_CONFIG, where, KEY ": is not usable");
	if (!arguments->seed_given)
		arguments->seed = (int64_t)seed->valuedouble;
	if (!arguments->key_given)
		arguments->key = (enum key_kind)at;
	return MSIV2_OK;
}

enum msiv2_rc last_run_choose(struct arguments *arguments, cJSON **kept, bool *any,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	struct blame blame = {.rc = MSIV2_CONFIG};
	const cJSON *failed;
	const cJSON *item;

	TRY(path_of(arguments->out_dir, &path, err));
	TRY(files_read(bytes_text(&path), FILE_MAX, MSIV2_CONFIG, &text, err));
	blame.where = bytes_text(&path);
	TRY(json_parse_object(text.data, text.len, &blame, kept, err));
	failed = cJSON_GetObjectItemCaseSensitive(*kept, FAILED);
	if (!cJSON_IsArray(failed))
		return err_set(err, MSIV2_CONFIG, blame.where,
		               "that run did not come to its end: what failed is not known");
	TRY(take_over(*kept, blame.where, arguments, err));
	arguments->filter_count = 0;
	cJSON_ArrayForEach(item, failed)
	{
		if (!cJSON_IsString(item) || arguments->filter_count >= ARGUMENTS_FILTERS)
			return err_set(err, MSIV2_CONFIG, blame.where, FAILED ": is not usable");
		arguments->filters[arguments->filter_count++] = item->valuestring;
	}
	*any = arguments->filter_count > 0;
	return MSIV2_OK;
}
