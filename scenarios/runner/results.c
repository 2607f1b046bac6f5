/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "results.h"

#include "common/mem.h"
#include "common/text.h"
#include "form.h"

void result_free(struct result *result)
{
	verdict_free(&result->verdict);
	cJSON_Delete(result->seen);
	mem_free(result->evidence);
	mem_free(result->said);
}

bool result_is_dead(const cJSON *seen)
{
	static const char *const words[] = {"ended", "timed-out", "protocol", NULL};
	const cJSON *run = cJSON_GetObjectItemCaseSensitive(seen, "run");

	return form_word(words, cJSON_GetStringValue(
	                                cJSON_GetObjectItemCaseSensitive(run, "outcome"))) >= 0;
}

bool result_has_asked(const cJSON *seen)
{
	const cJSON *journal = cJSON_GetObjectItemCaseSensitive(seen, "journal");
	const cJSON *event;

	cJSON_ArrayForEach(event, cJSON_GetObjectItemCaseSensitive(journal, "events"))
	{
		if (!text_equal(cJSON_GetStringValue(
		                        cJSON_GetObjectItemCaseSensitive(event, "listener")),
		                "admin"))
			return true;
	}
	return false;
}

enum msiv2_rc result_note_said(struct result *result, const struct evidence *evidence,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) said = {0};

	if (!result_is_dead(evidence->seen))
		return MSIV2_OK;
	evidence_last_words(evidence, &said);
	TRY(bytes_done(&said, "results", err));
	mem_free(result->said);
	result->said = said.len > 0 ? mem_strdup(bytes_text(&said)) : NULL;
	return said.len == 0 || result->said ? MSIV2_OK : err_no_memory(err, "results");
}

void results_free(struct results *results)
{
	for (size_t i = 0; i < results->count; i++)
		result_free(&results->items[i]);
	mem_free(results->items);
	cJSON_Delete(results->shim);
	*results = (struct results){0};
}

size_t results_unplayed(const struct results *results)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++)
		count += !results->items[i].twin_only && !results->items[i].ran;
	return count;
}

size_t results_count(const struct results *results, enum verdict_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++)
		count += !results->items[i].twin_only && results->items[i].verdict.kind == kind;
	return count;
}

bool results_bad(const struct results *results)
{
	for (size_t i = 0; i < results->count; i++)
		if (!results->items[i].twin_only && verdict_is_bad(results->items[i].verdict.kind))
			return true;
	return results->broken[0] != '\0';
}
