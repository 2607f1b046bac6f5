/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "survey.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static void alias_free(struct survey_alias *alias)
{
	mem_free(alias->folder);
	mem_free(alias->name);
	store_records_free(&alias->records);
}

void survey_free(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		alias_free(&survey->aliases[i]);
	mem_free(survey->aliases);
	*survey = (struct survey){0};
}

static enum msiv2_rc add(void *ctx, const char *folder, const char *alias,
                         struct store_records *records, struct msiv2_error *err)
{
	struct survey *survey = ctx;
	struct survey_alias *grown;
	struct survey_alias *added;

	grown = mem_resize(survey->aliases, (survey->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return err_no_memory(err, "store");
	survey->aliases = grown;
	added = &grown[survey->count++];
	*added = (struct survey_alias){.folder = mem_strdup(folder), .name = mem_strdup(alias)};
	if (added->folder == NULL || (alias != NULL && added->name == NULL))
		return err_no_memory(err, "store");
	added->records = steal(records);
	return MSIV2_OK;
}

static int by_name(const void *left, const void *right)
{
	const struct survey_alias *a = left;
	const struct survey_alias *b = right;

	if (a->name == NULL || b->name == NULL)
		return (a->name == NULL) - (b->name == NULL);
	return strcmp(a->name, b->name);
}

enum msiv2_rc survey_take(struct store *store, struct survey *out, struct msiv2_error *err)
{
	OWNED_STRUCT(survey) survey = {0};

	TRY(store_each(store, add, &survey, err));
	if (survey.count > 1)
		qsort(survey.aliases, survey.count, sizeof(*survey.aliases), by_name);
	*out = steal(&survey);
	return MSIV2_OK;
}

void survey_judge(struct survey *survey, const struct store_want *want)
{
	for (size_t i = 0; i < survey->count; i++) {
		struct survey_alias *alias = &survey->aliases[i];
		struct store_want its_own = *want;

		its_own.alias = alias->name;
		(void)store_select(&alias->records, &its_own);
	}
}
