/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <fnmatch.h>
#include <string.h>

#include "catalogue.h"
#include "common/text.h"

#define SHARDS_MAX 1000
#define GROUP_SIZE 96

static const struct {
	const char *word;
	enum scenario_level level;
	bool all;
} levels[] = {{"must", LEVEL_MUST, false},
              {"should", LEVEL_SHOULD, false},
              {"observed", LEVEL_OBSERVED, false},
              {"all", LEVEL_HOUSE, true}};

bool selection_set_level(struct selection *selection, const char *word)
{
	for (size_t i = 0; i < TEXT_COUNT(levels); i++) {
		if (!text_equal(levels[i].word, word))
			continue;
		selection->level = levels[i].level;
		selection->some_levels = !levels[i].all;
		return true;
	}
	return false;
}

bool selection_set_shard(struct selection *selection, const char *text)
{
	const char *slash = strchr(text, '/');
	char first[8];
	int64_t shard;
	int64_t shards;

	if (!slash || (size_t)(slash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(slash - text));
	first[slash - text] = '\0';
	if (!text_to_int(slash + 1, 1, SHARDS_MAX, &shards) ||
	    !text_to_int(first, 1, shards, &shard))
		return false;
	selection->shard = (unsigned)shard;
	selection->shards = (unsigned)shards;
	return true;
}

static bool has_requirement(const struct scenario *scenario, const char *id)
{
	const cJSON *item;

	cJSON_ArrayForEach(
	        item, scenario->requirements) if (text_equal(item->valuestring, id)) return true;
	return false;
}

static bool filter_fits(const char *filter, const struct scenario *scenario)
{
	char group[GROUP_SIZE];

	scenario_group(scenario->id, group, sizeof(group));
	return text_equal(filter, group) || has_requirement(scenario, filter) ||
	       fnmatch(filter, scenario->id, 0) == 0;
}

static bool fits(const struct selection *selection, const struct scenario *scenario)
{
	if (selection->some_levels && scenario->level > selection->level)
		return false;
	if (selection->fast && !scenario->fast)
		return false;
	for (size_t i = 0; i < selection->filter_count; i++)
		if (filter_fits(selection->filters[i], scenario))
			return true;
	return selection->filter_count == 0;
}

const char *selection_misses(const struct selection *selection, const struct catalogue *catalogue)
{
	for (size_t i = 0; i < selection->filter_count; i++) {
		bool found = false;

		for (size_t j = 0; j < catalogue->count && !found; j++)
			found = filter_fits(selection->filters[i], &catalogue->items[j]);
		if (!found)
			return selection->filters[i];
	}
	return NULL;
}

size_t selection_choose(const struct selection *selection, const struct catalogue *catalogue,
                        bool *chosen, bool *twins)
{
	size_t fitting = 0;
	size_t count = 0;

	for (size_t i = 0; i < catalogue->count; i++) {
		chosen[i] = fits(selection, &catalogue->items[i]);
		twins[i] = false;
		if (chosen[i] && selection->shards > 0)
			chosen[i] = fitting++ % selection->shards == selection->shard - 1;
		count += chosen[i];
	}
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct scenario *twin =
		        chosen[i] && catalogue->items[i].twin
		                ? catalogue_find(catalogue, catalogue->items[i].twin)
		                : NULL;

		if (twin && !chosen[twin - catalogue->items])
			twins[twin - catalogue->items] = true;
	}
	return count;
}
