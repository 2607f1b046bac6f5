/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "last_run.h"

#include "common/files.h"
#include "common/json.h"
#include "output.h"
#include "scenarios/runner/out_folder.h"

#define NAME     RUN_MARK
#define FILE_MAX ((size_t)1024 * 1024)

static enum msiv2_rc path_of(const char *out_dir, struct bytes *path, struct msiv2_error *err)
{
	bytes_addf(path, "%s/" NAME, out_dir);
	return bytes_done(path, out_dir, err);
}

enum msiv2_rc last_run_write(const char *out_dir, const struct results *results,
                             struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	cJSON *failed = cJSON_AddArrayToObject(json, "failed");

	if (!failed || !cJSON_AddNumberToObject(json, "seed", (double)results->seed))
		return err_no_memory(err, NAME);
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->items[i];

		if (result->ran && !result->twin_only && verdict_is_bad(result->verdict.kind) &&
		    !cJSON_AddItemToArray(failed, cJSON_CreateString(result->scenario->id)))
			return err_no_memory(err, NAME);
	}
	json_print(json, &text);
	bytes_add_byte(&text, '\n');
	TRY(path_of(out_dir, &path, err));
	return output_write(bytes_text(&path), &text, err);
}

enum msiv2_rc last_run_choose(struct arguments *arguments, cJSON **kept, bool *any,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	struct blame blame = {.rc = MSIV2_CONFIG};
	const cJSON *item;

	TRY(path_of(arguments->out_dir, &path, err));
	TRY(files_read(bytes_text(&path), FILE_MAX, MSIV2_CONFIG, &text, err));
	blame.where = bytes_text(&path);
	TRY(json_parse_object(text.data, text.len, &blame, kept, err));
	arguments->filter_count = 0;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(*kept, "failed"))
	{
		if (!cJSON_IsString(item) || arguments->filter_count >= ARGUMENTS_FILTERS)
			return err_set(err, MSIV2_CONFIG, blame.where, "failed: is not usable");
		arguments->filters[arguments->filter_count++] = item->valuestring;
	}
	*any = arguments->filter_count > 0;
	return MSIV2_OK;
}
