/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_grammar.h"
#include "mem.h"
#include "text.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Members of one object may be many (a hostile megabyte holds 100,000), so duplicates are found by
 * sorting, not pair by pair. *twice is a name that stands twice, or NULL. */
static enum msiv2_rc find_duplicate(const cJSON *object, const char **twice,
                                    struct msiv2_error *err)
{
	size_t count = (size_t)cJSON_GetArraySize(object);
	const char **names;
	size_t i = 0;

	if (count < 2)
		return MSIV2_OK;
	names = mem_alloc(count * sizeof(*names));
	if (names == NULL)
		return err_no_memory(err, "json");
	for (const cJSON *member = object->child; member != NULL; member = member->next)
		names[i++] = member->string;
	qsort(names, count, sizeof(*names), compare_names);
	for (i = 1; i < count && *twice == NULL; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			*twice = names[i];
	}
	mem_free(names);
	return MSIV2_OK;
}

/* What the grammar cannot see: duplicate members, and numbers no double holds. Depth is bounded by
 * the grammar. */
static enum msiv2_rc check_tree(const cJSON *tree, const struct blame *blame,
                                struct msiv2_error *err)
{
	const char *twice = NULL;

	if (cJSON_IsObject(tree))
		TRY(find_duplicate(tree, &twice, err));
	if (twice != NULL)
		return err_blame(err, blame, "JSON: member \"%s\" is given twice", twice);
	if (cJSON_IsNumber(tree) && !isfinite(tree->valuedouble))
		return err_blame(err, blame, "JSON: number out of range");
	for (const cJSON *child = tree->child; child != NULL; child = child->next)
		TRY(check_tree(child, blame, err));
	return MSIV2_OK;
}

enum msiv2_rc json_parse(const void *text, size_t len, const struct blame *blame, cJSON **out,
                         struct msiv2_error *err)
{
	OWNED(cJSON) *tree = NULL;
	size_t at = 0;
	const char *complaint = json_grammar_check(text, len, &at);

	if (complaint != NULL)
		return err_blame(err, blame, "JSON: %s (byte %zu of %zu)", complaint, at, len);
	tree = cJSON_ParseWithLength(text, len);
	if (tree == NULL)
		return err_no_memory(err, blame->where);
	TRY(check_tree(tree, blame, err));
	*out = steal(&tree);
	return MSIV2_OK;
}

enum msiv2_rc json_parse_object(const void *text, size_t len, const struct blame *blame,
                                cJSON **out, struct msiv2_error *err)
{
	OWNED(cJSON) *tree = NULL;

	TRY(json_parse(text, len, blame, &tree, err));
	if (!cJSON_IsObject(tree))
		return err_blame(err, blame, "JSON: an object is expected");
	*out = steal(&tree);
	return MSIV2_OK;
}

enum msiv2_rc json_may_string(const cJSON *obj, const char *name, const struct blame *blame,
                              const char **out, struct msiv2_error *err)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(obj, name);

	*out = NULL;
	if (member == NULL || cJSON_IsNull(member))
		return MSIV2_OK;
	if (!cJSON_IsString(member))
		return err_blame(err, blame, "member \"%s\" is not a string", name);
	*out = member->valuestring;
	return MSIV2_OK;
}

enum msiv2_rc json_need_string(const cJSON *obj, const char *name, const struct blame *blame,
                               const char **out, struct msiv2_error *err)
{
	TRY(json_may_string(obj, name, blame, out, err));
	if (*out == NULL)
		return err_blame(err, blame, "member \"%s\" is missing", name);
	if (**out == '\0')
		return err_blame(err, blame, "member \"%s\" is empty", name);
	return MSIV2_OK;
}

enum msiv2_rc json_need_object(const cJSON *obj, const char *name, const struct blame *blame,
                               const cJSON **out, struct msiv2_error *err)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(obj, name);

	if (member == NULL || cJSON_IsNull(member))
		return err_blame(err, blame, "member \"%s\" is missing", name);
	if (!cJSON_IsObject(member))
		return err_blame(err, blame, "member \"%s\" is not an object", name);
	*out = member;
	return MSIV2_OK;
}

enum msiv2_rc json_need_integer(const cJSON *obj, const char *name, int64_t min, int64_t max,
                                bool or_text, const struct blame *blame, int64_t *out,
                                struct msiv2_error *err)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(obj, name);

	if (member == NULL || cJSON_IsNull(member))
		return err_blame(err, blame, "member \"%s\" is missing", name);
	if (or_text && cJSON_IsString(member)) {
		if (!text_to_int(member->valuestring, min, max, out))
			return err_blame(err, blame, "member \"%s\" is not a whole number in range",
			                 name);
		return MSIV2_OK;
	}
	if (!cJSON_IsNumber(member))
		return err_blame(err, blame, "member \"%s\" is not a number", name);
	/* 2^53: beyond it a double no longer holds every whole number. */
	if (member->valuedouble != floor(member->valuedouble) ||
	    fabs(member->valuedouble) > 9007199254740992.0 || (int64_t)member->valuedouble < min ||
	    (int64_t)member->valuedouble > max)
		return err_blame(err, blame, "member \"%s\" is not a whole number in range", name);
	*out = (int64_t)member->valuedouble;
	return MSIV2_OK;
}

bool json_add(cJSON *object, const char *name, cJSON *item)
{
	if (cJSON_AddItemToObject(object, name, item))
		return true;
	cJSON_Delete(item);
	return false;
}

bool json_push(cJSON *array, cJSON *item)
{
	if (cJSON_AddItemToArray(array, item))
		return true;
	cJSON_Delete(item);
	return false;
}

void json_print(const cJSON *tree, struct bytes *out)
{
	char *text = tree != NULL ? cJSON_PrintUnformatted(tree) : NULL;

	if (text == NULL) {
		out->failed = true;
		return;
	}
	bytes_add_text(out, text);
	cJSON_free(text);
}
