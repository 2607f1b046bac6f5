/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "json_path.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_DIGITS 6

/* One step: a name, or an index when name_len is 0. */
struct step {
	const char *name;
	size_t name_len;
	int index;
};

/* Takes "[n]"; false when that is not what stands there. */
static bool take_index(const char **at, struct step *step)
{
	size_t digits = strspn(*at + 1, "0123456789");

	if (digits == 0 || digits > INDEX_DIGITS || (*at)[1 + digits] != ']')
		return false;
	step->name_len = 0;
	step->index = (int)strtol(*at + 1, NULL, 10);
	*at += digits + 2;
	return true;
}

/* Takes the next step; false when there is none, or none that is well-formed. */
static bool take_step(const char **at, bool first, struct step *step)
{
	if (**at == '[')
		return take_index(at, step);
	if (!first && *(*at)++ != '.')
		return false;
	step->name = *at;
	step->name_len = strcspn(*at, ".[]");
	*at += step->name_len;
	return step->name_len > 0 && **at != ']';
}

bool json_path_is(const char *path)
{
	const char *at = path;
	struct step step;

	if (path[0] == '\0' || strlen(path) >= JSON_PATH_MAX)
		return false;
	while (*at != '\0')
		if (!take_step(&at, at == path, &step))
			return false;
	return true;
}

static cJSON *go(cJSON *from, const struct step *step)
{
	char name[JSON_PATH_MAX];

	if (step->name_len == 0)
		return cJSON_IsArray(from) ? cJSON_GetArrayItem(from, step->index) : NULL;
	if (!cJSON_IsObject(from) || step->name_len >= sizeof(name))
		return NULL;
	memcpy(name, step->name, step->name_len);
	name[step->name_len] = '\0';
	return cJSON_GetObjectItemCaseSensitive(from, name);
}

cJSON *json_path_find(cJSON *root, const char *path, cJSON **parent)
{
	const char *at = path;
	cJSON *value = root;
	struct step step;

	*parent = NULL;
	while (value && *at != '\0') {
		if (!take_step(&at, at == path, &step))
			return NULL;
		*parent = value;
		value = go(value, &step);
	}
	return *parent ? value : NULL;
}
