/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The scenarios of a folder: DIR/GROUP/NAME.json, where the id is GROUP.NAME; and which of them a
 * run is about. Ids are unique because paths are; every twin is there and is positive. */
#ifndef SCENARIOS_RUNNER_CATALOGUE_H
#define SCENARIOS_RUNNER_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

struct catalogue {
	struct scenario *items; /* sorted by id; owned */
	size_t count;
};

/* Frees what it holds. */
void catalogue_free(struct catalogue *catalogue);
DEFINE_OWNED_VALUE(catalogue, catalogue_free)

/* Reads every file of the folder. MSIV2_CONFIG naming the file that is wrong. */
MSIV2_MUST_USE enum msiv2_rc catalogue_load(const char *dir, struct catalogue *out,
                                            struct msiv2_error *err);
/* The scenario of that id, or NULL. */
const struct scenario *catalogue_find(const struct catalogue *catalogue, const char *id);

/* What a run is about. `{0}` is everything. */
struct selection {
	/* Any of them fits: a glob over ids ("flow.*"), a group ("flow"), or a requirement
	 * ("STS-05"). */
	const char *const *filters;
	size_t filter_count;
	enum scenario_level level; /* this level and the stronger ones, unless `all_levels` */
	bool some_levels;
	bool fast;              /* the fast set alone */
	unsigned shard, shards; /* 1-based; 0, 0: everything */
};

/* Marks what is chosen in chosen[catalogue->count], and in twins[] what has to run only because a
 * chosen one needs it as its twin. Returns how many are chosen. Shards are cut from the chosen ones
 * in the order of their ids, so that all shards together are the whole. */
size_t selection_choose(const struct selection *selection, const struct catalogue *catalogue,
                        bool *chosen, bool *twins);
/* The first filter that fits no scenario at all, whatever the level or shard; NULL: none. */
const char *selection_misses(const struct selection *selection, const struct catalogue *catalogue);
/* "must", "should", "observed", "all" into the selection; false for another word. */
MSIV2_MUST_USE bool selection_set_level(struct selection *selection, const char *word);
/* "2/5" into the selection; false when it is not of that form. */
MSIV2_MUST_USE bool selection_set_shard(struct selection *selection, const char *text);

#endif
