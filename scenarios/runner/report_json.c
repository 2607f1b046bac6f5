/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "report_parts.h"

/* "name":"text" and what stands before it. */
static void add_text(const char *before, const char *name, const char *text, struct bytes *out)
{
	bytes_addf(out, "%s\"%s\":\"", before, name);
	report_escape(ESCAPE_JSON, text, out);
	bytes_add_byte(out, '"');
}

static void add_check(const struct verdict_check *check, struct bytes *out)
{
	add_text("{", "id", check->id, out);
	bytes_addf(out, ",\"ok\":%s", check->ok ? "true" : "false");
	add_text(",", "requirement", check->requirement, out);
	add_text(",", "says", check->says, out);
	add_text(",", "expected", check->expected, out);
	add_text(",", "seen", check->seen, out);
	bytes_add_text(out, ",\"near\":[");
	for (size_t i = 0; i < check->near_count; i++) {
		bytes_add_text(out, i > 0 ? ",\"" : "\"");
		report_escape(ESCAPE_JSON, check->near[i], out);
		bytes_add_byte(out, '"');
	}
	bytes_addf(out, "],\"seq_from\":%lld,\"seq_to\":%lld}", (long long)check->seq_from,
	           (long long)check->seq_to);
}

static void add_verdict(const struct verdict *verdict, struct bytes *out)
{
	add_text("{", "scenario", verdict->scenario, out);
	add_text(",", "verdict", verdict_word(verdict->kind), out);
	add_text(",", "reason", verdict->reason, out);
	bytes_add_text(out, ",\"checks\":[");
	for (size_t i = 0; i < verdict->check_count; i++) {
		bytes_add_text(out, i > 0 ? ",\n  " : "\n  ");
		add_check(&verdict->checks[i], out);
	}
	bytes_addf(out, "],\"took_ms\":%lld}", (long long)verdict->took_ms);
}

static void add_totals(const struct report *report, struct bytes *out)
{
	struct report_totals totals = report_count(report);

	bytes_add_text(out, ",\"totals\":");
	for (int kind = 0; kind < VERDICT_KIND_COUNT; kind++)
		bytes_addf(out, "%s\"%s\":%zu", kind > 0 ? "," : "{",
		           verdict_word((enum verdict_kind)kind), totals.of[kind]);
	bytes_add_byte(out, '}');
}

void report_json(const struct report *report, struct bytes *out)
{
	add_text("{", "suite", report->suite, out);
	add_text(",", "client", report->client, out);
	add_text(",", "key", report->key, out);
	add_text(",", "started", report->started, out);
	bytes_addf(out, ",\"seed\":%llu,\"took_ms\":%lld,\"good\":%s",
	           (unsigned long long)report->seed, (long long)report->took_ms,
	           report_is_good(report) ? "true" : "false");
	add_totals(report, out);
	bytes_add_text(out, ",\"verdicts\":[");
	for (size_t i = 0; i < report->count; i++) {
		bytes_add_text(out, i > 0 ? ",\n " : "\n ");
		add_verdict(report->cases[i].verdict, out);
	}
	bytes_add_text(out, "]}\n");
}
