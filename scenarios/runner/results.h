/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a run came to: one row for each scenario, in the order of ids. Reports are functions of it
 * and of the scenarios. */
#ifndef SCENARIOS_RUNNER_RESULTS_H
#define SCENARIOS_RUNNER_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "evidence.h"
#include "judge.h"
#include "scenario.h"

struct result {
	const struct scenario *scenario; /* borrowed from the catalogue */
	struct verdict verdict;          /* owned */
	enum verdict_kind judged;        /* before anybody said what was to be expected */
	bool twin_only;                  /* ran because a chosen one needs it; not counted */
	bool told;                       /* chosen or not: it ended the run */
	bool ran;                        /* false: the run ended before it; the verdict says why */
	cJSON *seen;                     /* struct evidence's; NULL when it did not run; owned */
	char *evidence;                  /* the folder of its bundle, or NULL; owned */
	char *said; /* of a client that went away: how its standard error ends; or NULL; owned */
};

/* Frees what it holds. */
void result_free(struct result *result);
DEFINE_OWNED_VALUE(result, result_free)
/* Notes what the client said last when it went away or broke the protocol; nothing otherwise. */
MSIV2_MUST_USE enum msiv2_rc
result_note_said(struct result *result, const struct evidence *evidence, struct msiv2_error *err);
/* The client ended, was late or broke the protocol: this is of what was seen. */
bool result_is_dead(const cJSON *seen);
/* A client asked the emulator for something; changes of its world do not count. */
bool result_has_asked(const cJSON *seen);

struct results {
	struct result *items; /* owned */
	size_t count;
	cJSON *shim;         /* the client's first line; NULL: black box; owned */
	const char *mode;    /* "shim", "command" */
	const char *command; /* as given; borrowed */
	const char *key;     /* "memory", ... */
	uint64_t seed;
	int64_t started_s; /* of the system's clock */
	int64_t took_ms;
	bool cleared;                    /* what the run before left in its folder is gone */
	char broken[VERDICT_WORDS_SIZE]; /* why the run ended early; "" = it did not */
};

/* Frees what it holds. */
void results_free(struct results *results);
DEFINE_OWNED_VALUE(results, results_free)

/* How many counted rows were not played because the run ended early. */
size_t results_unplayed(const struct results *results);
/* How many counted rows have that verdict. */
size_t results_count(const struct results *results, enum verdict_kind kind);
/* A counted row is bad, or the run ended early. */
bool results_bad(const struct results *results);

#endif
