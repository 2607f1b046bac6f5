/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "origins.h"

#include <stdio.h>

#include "common/json.h"
#include "common/text.h"

#define WHERE     "origins"
#define PATH_SIZE 192

void origins_free(struct origins *origins)
{
	cJSON_Delete(origins->paths);
	origins->paths = NULL;
}

static void join(char out[PATH_SIZE], const char *path, const char *name)
{
	(void)snprintf(out, PATH_SIZE, "%s%s%s", path, path[0] ? "." : "", name);
}

enum msiv2_rc origins_note_path(struct origins *origins, const char *path, const char *origin,
                                struct msiv2_error *err)
{
	if (!origins->paths)
		origins->paths = cJSON_CreateObject();
	cJSON_DeleteItemFromObjectCaseSensitive(origins->paths, path);
	if (!cJSON_AddStringToObject(origins->paths, path, origin))
		return err_no_memory(err, WHERE);
	return MSIV2_OK;
}

static enum msiv2_rc note_members(struct origins *origins, const char *path, const cJSON *object,
                                  const char *origin, struct msiv2_error *err)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, object)
	{
		char inner[PATH_SIZE];

		join(inner, path, member->string);
		if (cJSON_IsObject(member))
			TRY(note_members(origins, inner, member, origin, err));
		else
			TRY(origins_note_path(origins, inner, origin, err));
	}
	return MSIV2_OK;
}

enum msiv2_rc origins_note(struct origins *origins, const cJSON *document, const char *origin,
                           struct msiv2_error *err)
{
	return note_members(origins, "", document, origin, err);
}

static const char *origin_of(const struct origins *origins, const char *path)
{
	const char *origin =
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(origins->paths, path));

	return origin ? origin : "default";
}

static cJSON *leaf_json(const struct origins *origins, const char *path, const cJSON *value)
{
	OWNED(cJSON) *leaf = cJSON_CreateObject();

	if (!cJSON_AddItemToObject(leaf, "value", cJSON_Duplicate(value, true)) ||
	    !cJSON_AddStringToObject(leaf, "from", origin_of(origins, path)))
		return NULL;
	return steal(&leaf);
}

static cJSON *members_json(const struct origins *origins, const char *path, const cJSON *object)
{
	OWNED(cJSON) *out = cJSON_CreateObject();
	const cJSON *member;

	cJSON_ArrayForEach(member, object)
	{
		char inner[PATH_SIZE];
		bool deeper = cJSON_IsObject(member) && member->child;
		cJSON *item;

		join(inner, path, member->string);
		item = deeper ? members_json(origins, inner, member)
		              : leaf_json(origins, inner, member);
		if (!cJSON_AddItemToObject(out, member->string, item))
			return NULL;
	}
	return out ? steal(&out) : NULL;
}

cJSON *origins_json(const struct origins *origins, const cJSON *config)
{
	return members_json(origins, "", config);
}
