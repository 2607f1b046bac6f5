/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "form.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

#define PATH_SIZE 256

/* The place that is looked at. */
struct place {
	const struct form_member *member;
	const char *file;
	char path[PATH_SIZE];
	struct msiv2_error *err;
};

static enum msiv2_rc refuse(const struct place *place, const char *what)
{
	return err_set(place->err, MSIV2_CONFIG, place->file, "%s: %s", place->path, what);
}

int form_word(const char *const *words, const char *word)
{
	for (int i = 0; word && words[i]; i++)
		if (text_equal(words[i], word))
			return i;
	return -1;
}

static bool in_range(const struct form_member *member, int64_t value)
{
	return value >= member->min && (member->max == 0 || value <= member->max);
}

static enum msiv2_rc refuse_word(const struct place *place)
{
	OWNED_STRUCT(bytes) list = {0};

	for (size_t i = 0; place->member->words[i]; i++)
		bytes_addf(&list, "%s%s", i > 0 ? ", " : "", place->member->words[i]);
	return err_set(place->err, MSIV2_CONFIG, place->file, "%s: must be one of %s", place->path,
	               bytes_text(&list));
}

static enum msiv2_rc check_text(const struct place *place, const cJSON *value)
{
	const struct form_member *member = place->member;

	if (!cJSON_IsString(value))
		return refuse(place, "must be a text");
	if (member->words)
		return form_word(member->words, value->valuestring) >= 0 ? MSIV2_OK
		                                                         : refuse_word(place);
	if (member->type == FORM_TEXT && !in_range(member, (int64_t)strlen(value->valuestring)))
		return refuse(place, "is too short or too long");
	if (member->valid && !member->valid(value->valuestring))
		return refuse(place, "is not of the form that is wanted here");
	return MSIV2_OK;
}

static enum msiv2_rc check_integer(const struct place *place, const cJSON *value)
{
	double number = cJSON_IsNumber(value) ? value->valuedouble : NAN;

	if (isnan(number) || number != floor(number) || fabs(number) > 9e15)
		return refuse(place, "must be a whole number");
	return in_range(place->member, (int64_t)number) ? MSIV2_OK
	                                                : refuse(place, "is out of range");
}

/* An item of an array; `prior` are those before it. */
static enum msiv2_rc check_item(const struct place *place, const cJSON *array, const cJSON *item,
                                int index)
{
	struct place at = *place;
	size_t used = strlen(at.path);

	(void)snprintf(at.path + used, sizeof(at.path) - used, "[%d]", index);
	if (place->member->type == FORM_ARRAY)
		return MSIV2_OK;
	if (place->member->type == FORM_OBJECTS)
		return place->member->object
		               ? form_check(place->member->object, item, at.path, at.file, at.err)
		       : cJSON_IsObject(item) ? MSIV2_OK
		                              : refuse(&at, "must be an object");
	TRY(check_text(&at, item));
	for (const cJSON *prior = array->child; prior != item; prior = prior->next)
		if (text_equal(prior->valuestring, item->valuestring))
			return refuse(&at, "stands there twice");
	return MSIV2_OK;
}

static enum msiv2_rc check_array(const struct place *place, const cJSON *value)
{
	const cJSON *item;
	int index = 0;

	if (!cJSON_IsArray(value))
		return refuse(place, "must be an array");
	if (!in_range(place->member, cJSON_GetArraySize(value)))
		return refuse(place, "has too few or too many items");
	cJSON_ArrayForEach(item, value) TRY(check_item(place, value, item, index++));
	return MSIV2_OK;
}

static enum msiv2_rc check_object(const struct place *place, const cJSON *value)
{
	if (place->member->object)
		return form_check(place->member->object, value, place->path, place->file,
		                  place->err);
	return cJSON_IsObject(value) ? MSIV2_OK : refuse(place, "must be an object");
}

static enum msiv2_rc check_value(const struct place *place, const cJSON *value)
{
	if (place->member->nullable && cJSON_IsNull(value))
		return MSIV2_OK;
	switch (place->member->type) {
	case FORM_ANY:
		return MSIV2_OK;
	case FORM_BOOL:
		return cJSON_IsBool(value) ? MSIV2_OK : refuse(place, "must be true or false");
	case FORM_INTEGER:
		return check_integer(place, value);
	case FORM_TEXT:
	case FORM_WORD:
		return check_text(place, value);
	case FORM_WORD_OR_WORDS:
		return cJSON_IsArray(value) ? check_array(place, value) : check_text(place, value);
	case FORM_TEXTS:
	case FORM_WORDS:
	case FORM_OBJECTS:
	case FORM_ARRAY:
		return check_array(place, value);
	case FORM_OBJECT:
		return check_object(place, value);
	}
	return refuse(place, "cannot be checked");
}

static void set_path(struct place *place, const char *path, const char *name)
{
	(void)snprintf(place->path, sizeof(place->path), "%s%s%s", path, *path ? "." : "", name);
}

static const struct form_member *find(const struct form *form, const char *name)
{
	for (const struct form_member *member = form->members; member->name; member++)
		if (text_equal(member->name, name))
			return member;
	return NULL;
}

enum msiv2_rc form_check(const struct form *form, const cJSON *object, const char *path,
                         const char *file, struct msiv2_error *err)
{
	struct place place = {.file = file, .err = err};
	const cJSON *item;

	if (!cJSON_IsObject(object))
		return err_set(err, MSIV2_CONFIG, file, "%s: must be an object", path);
	cJSON_ArrayForEach(item, object)
	{
		place.member = find(form, item->string);
		set_path(&place, path, item->string);
		if (!place.member)
			return refuse(&place, "is not known here");
		TRY(check_value(&place, item));
	}
	for (const struct form_member *member = form->members; member->name; member++) {
		set_path(&place, path, member->name);
		if (member->required && !cJSON_GetObjectItemCaseSensitive(object, member->name))
			return refuse(&place, "is missing");
	}
	return MSIV2_OK;
}
