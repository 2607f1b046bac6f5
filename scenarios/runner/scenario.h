/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A scenario read from its file, strictly: what scenario.schema.json says, and what a schema cannot
 * say (marks and steps that are referred to exist, journal expectations can be read, ids are those
 * of the file). Errors are MSIV2_CONFIG, `where` is the file and the message begins with the JSON
 * path. Pure, except scenario_load(). */
#ifndef SCENARIOS_RUNNER_SCENARIO_H
#define SCENARIOS_RUNNER_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/own.h"
#include "feature.h"

#define SCENARIO_TIME_LIMIT_S 30 /* the default */

enum scenario_level { LEVEL_MUST, LEVEL_SHOULD, LEVEL_OBSERVED, LEVEL_SPEC, LEVEL_HOUSE };
extern const char *const level_words[];

/* Texts and trees are borrowed from `json`. */
struct scenario {
	cJSON *json; /* the whole file; owned */
	const char *id;
	const char *title;
	const char *why;
	const char *twin; /* NULL: none */
	bool negative;
	bool fast; /* of the fast set */
	enum scenario_level level;
	uint32_t needs; /* features, with those the steps ask for */
	uint32_t keys;  /* kinds of key */
	int64_t time_limit_s;
	const cJSON *requirements;
	const cJSON *world;  /* NULL: the defaults */
	const cJSON *client; /* NULL: the defaults */
	const cJSON *faults; /* NULL: none */
	const cJSON *steps;
	const cJSON *expect;
};

/* Frees what it holds. */
void scenario_free(struct scenario *scenario);
DEFINE_OWNED_VALUE(scenario, scenario_free)

/* Reads the text of a file; `file` is what errors call it. *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc scenario_read(const void *text, size_t len, const char *file,
                                           struct scenario *out, struct msiv2_error *err);
/* The same of parsed JSON, which is taken over whatever happens. */
MSIV2_MUST_USE enum msiv2_rc scenario_take(cJSON *json, const char *file, struct scenario *out,
                                           struct msiv2_error *err);
/* Reads a file. */
MSIV2_MUST_USE enum msiv2_rc scenario_load(const char *path, struct scenario *out,
                                           struct msiv2_error *err);
/* The part of the id before the dot, into out; "" when it does not fit. */
void scenario_group(const char *id, char *out, size_t size);
/* GROUP.NAME of lower-case letters, digits and dashes. */
bool scenario_id_valid(const char *text);

#endif
