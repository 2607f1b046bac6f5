/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "requirement.h"

#include "common/text.h"
#include "emulator/embedded.h"

/* scenarios/requirements.json, put into the program by cmake/embed.cmake. */
extern const struct embedded_file embedded_requirements[];

static const struct blame blame = {MSIV2_INTERNAL, "requirements.json"};

static const char *text(const cJSON *row, const char *name)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, name));

	return value ? value : "";
}

static const cJSON *rows(const struct requirements *requirements)
{
	return requirements ? cJSON_GetObjectItemCaseSensitive(requirements->json, "requirements")
	                    : NULL;
}

enum msiv2_rc requirements_read(struct requirements *out, struct msiv2_error *err)
{
	return json_parse_object(embedded_requirements[0].data, embedded_requirements[0].len,
	                         &blame, &out->json, err);
}

void requirements_free(struct requirements *requirements)
{
	cJSON_Delete(requirements->json);
	requirements->json = NULL;
}

size_t requirements_count(const struct requirements *requirements)
{
	return (size_t)cJSON_GetArraySize(rows(requirements));
}

static struct requirement read_row(const cJSON *row)
{
	const cJSON *missing = cJSON_GetObjectItemCaseSensitive(row, "not_testable");

	return (struct requirement){.id = text(row, "id"),
	                            .level = text(row, "level"),
	                            .sentence = text(row, "sentence"),
	                            .source = text(row, "source"),
	                            .no_positive = text(missing, "positive"),
	                            .no_negative = text(missing, "negative")};
}

struct requirement requirements_at(const struct requirements *requirements, size_t index)
{
	return read_row(cJSON_GetArrayItem(rows(requirements), (int)index));
}

struct requirement requirements_find(const struct requirements *requirements, const char *id)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, rows(requirements))
	{
		if (text_equal(text(row, "id"), id))
			return read_row(row);
	}
	return (struct requirement){id, "", "", "", "", ""};
}
