/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "journal_only.h"

#define MARK "\"do\":\"mark\",\"with\":{\"name\":\"address\"}"

static cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool replace_steps(cJSON *scenario)
{
	cJSON *steps = cJSON_Parse("[{" MARK "}]");

	if (steps && cJSON_ReplaceItemInObjectCaseSensitive(scenario, "steps", steps))
		return true;
	cJSON_Delete(steps);
	return false;
}

cJSON *journal_only(const cJSON *scenario, bool steps)
{
	OWNED(cJSON) *copy = cJSON_Duplicate(scenario, true);
	cJSON *step;

	if (!copy || (!steps && !replace_steps(copy)))
		return NULL;
	cJSON_ArrayForEach(step, member(copy, "steps"))
	        cJSON_DeleteItemFromObjectCaseSensitive(step, "expect");
	cJSON_DeleteItemFromObjectCaseSensitive(member(copy, "expect"), "store");
	return steal(&copy);
}

cJSON *journal_only_mark(void)
{
	return cJSON_Parse("{\"name\":null," MARK ",\"sent\":null,\"reply\":{\"ok\":true},"
	                   "\"took_ms\":0,\"waits_ms\":[],\"journal_from\":1,\"journal_to\":1}");
}
