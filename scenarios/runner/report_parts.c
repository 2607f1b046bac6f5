/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "report_parts.h"

#include <stdio.h>

#include "common/text.h"
#include "explain.h"

struct report_totals report_count(const struct report *report)
{
	struct report_totals totals = {0};

	for (size_t i = 0; i < report->count; i++)
		totals.of[report->cases[i].verdict->kind]++;
	return totals;
}

bool report_is_good(const struct report *report)
{
	struct report_totals totals = report_count(report);

	for (size_t i = 0; i < report->count; i++)
		if (verdict_is_bad(report->cases[i].verdict->kind))
			return false;
	return totals.of[VERDICT_PASS] > 0;
}

const char *report_text(const struct report_case *which, const char *name)
{
	const char *value =
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(which->scenario, name));

	return value ? value : "";
}

void report_sums(const struct report *report, struct bytes *out)
{
	struct report_totals totals = report_count(report);
	const char *comma = "";
	size_t unplayed = 0;

	for (size_t i = 0; i < report->count; i++)
		unplayed += report->cases[i].unplayed;
	totals.of[VERDICT_ERROR] -= unplayed;
	for (int kind = 0; kind < VERDICT_KIND_COUNT; kind++) {
		if (totals.of[kind] == 0)
			continue;
		bytes_addf(out, "%s%zu %s", comma, totals.of[kind],
		           verdict_word((enum verdict_kind)kind));
		comma = ", ";
	}
	if (unplayed > 0)
		bytes_addf(out, "%s%zu not played", comma, unplayed);
	if (report->count == 0)
		bytes_add_text(out, "no scenario ran");
}

void report_facts(const struct report *report, enum escape escape, const char *before,
                  const char *after, struct bytes *out)
{
	char seed[24], took[40];
	const struct {
		const char *name, *value;
	} facts[] = {
	        {"client", report->client},   {"suite", report->suite},
	        {"keys", report->key},        {"seed", seed},
	        {"started", report->started}, {"took", took},
	};

	(void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)report->seed);
	(void)snprintf(took, sizeof(took), "%.1f s", (double)report->took_ms / 1000);
	for (size_t i = 0; i < TEXT_COUNT(facts); i++) {
		if (!facts[i].value)
			continue;
		bytes_addf(out, "%s%s: ", before, facts[i].name);
		report_escape(escape, facts[i].value, out);
		bytes_add_text(out, after);
	}
}

bool report_has(const struct report_case *which, const char *requirement)
{
	const cJSON *id;

	cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(which->scenario, "requirements"))
	{
		if (text_equal(cJSON_GetStringValue(id), requirement))
			return true;
	}
	return false;
}

void report_explained(const struct report *report, const struct report_case *which,
                      enum escape escape, struct bytes *out)
{
	OWNED_STRUCT(bytes) text = {0};

	explain_case(report, which, "", &text);
	if (text.failed)
		json_print(NULL, out); /* memory: the report fails as well */
	report_escape(escape, bytes_text(&text), out);
}
