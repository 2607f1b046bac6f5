/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "results.h"

#include "common/mem.h"

void results_free(struct results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		verdict_free(&results->items[i].verdict);
		cJSON_Delete(results->items[i].seen);
		mem_free(results->items[i].evidence);
	}
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
