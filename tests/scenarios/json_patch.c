/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "json_patch.h"

#include "tests/testing.h"

static cJSON *parse(const char *text)
{
	cJSON *json = cJSON_Parse(text);

	if (!json)
		fail_msg("no JSON: %s", text);
	return json;
}

static void merge(cJSON *target, const cJSON *patch)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, patch)
	{
		cJSON *old = cJSON_GetObjectItemCaseSensitive(target, item->string);

		if (cJSON_IsObject(item) && cJSON_IsObject(old)) {
			merge(old, item);
			continue;
		}
		cJSON_DeleteItemFromObjectCaseSensitive(target, item->string);
		if (!cJSON_IsNull(item))
			cJSON_AddItemToObject(target, item->string, cJSON_Duplicate(item, true));
	}
}

cJSON *json_patched(const char *base, const char *patch)
{
	cJSON *json = parse(base);
	cJSON *change = parse(patch ? patch : "{}");

	merge(json, change);
	cJSON_Delete(change);
	return json;
}
