/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the parts of the judge share: what is judged, and the verdict that grows row by row. Memory
 * that runs out while a row is added is remembered, so that no part has to look. Pure. */
#ifndef SCENARIOS_RUNNER_JUDGE_BENCH_H
#define SCENARIOS_RUNNER_JUDGE_BENCH_H

#include <stdint.h>

#include "common/json.h"
#include "judge.h"

struct judge_bench {
	const cJSON *scenario, *steps, *seen; /* steps: the scenario's */
	struct verdict *verdict;
	struct verdict_check spare; /* written to when memory is out */
	bool no_memory;
	bool suites_fault; /* the first row that failed is the suite's own */
};

/* Adds a row that holds, about the scenario's main requirement, named by the format. The caller
 * fills it and says whether it is ok; it moves when the next one is added. */
struct verdict_check *bench_add(struct judge_bench *bench, const char *id_format, ...)
        __attribute__((format(printf, 2, 3)));
/* Sets `ok` to false; the suite itself is at fault, not the client, when `suites` is true. */
void bench_fails(struct judge_bench *bench, struct verdict_check *check, bool suites);
/* A member of what was seen; NULL when there is none. */
const cJSON *bench_seen(const struct judge_bench *bench, const char *name);

/* The first item of an array or object; NULL when there is none, or no such value. */
const cJSON *bench_first(const cJSON *list);
#define JUDGE_EACH(item, list) for ((item) = bench_first(list); (item); (item) = (item)->next)

/* The parts, in the order of judge.h. */
void judge_steps(struct judge_bench *bench);
void judge_vacuity(struct judge_bench *bench);
void judge_journal(struct judge_bench *bench);
void judge_findings(struct judge_bench *bench);
void judge_store(struct judge_bench *bench);
void judge_secrets(struct judge_bench *bench);

#endif
