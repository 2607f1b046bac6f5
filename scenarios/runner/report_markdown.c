/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "report_parts.h"

#define ROWS_MOST 50 /* the summary of a CI job has room for 1 MiB; nobody reads more */

static void add_row(const struct report_case *which, struct bytes *out)
{
	bytes_add_text(out, "| ");
	report_escape(ESCAPE_MARKDOWN, which->verdict->scenario, out);
	bytes_addf(out, " | %s | ", verdict_word(which->verdict->kind));
	report_escape(ESCAPE_MARKDOWN, which->verdict->reason, out);
	bytes_add_text(out, " |\n");
}

/* Indented by four, which is a code block that nothing in it can end. */
static void add_explanation(const struct report *report, const struct report_case *which,
                            struct bytes *out)
{
	OWNED_STRUCT(bytes) text = {0};

	report_explained(report, which, ESCAPE_PLAIN, &text);
	bytes_add_text(out, "\n### ");
	report_escape(ESCAPE_MARKDOWN, which->verdict->scenario, out);
	bytes_add_text(out, "\n\n    ");
	for (const char *at = bytes_text(&text); *at; at++) {
		bytes_add_byte(out, (uint8_t)*at);
		if (*at == '\n' && at[1])
			bytes_add_text(out, "    ");
	}
	bytes_add_byte(out, '\n');
}

static void add_rows(const struct report *report, struct bytes *out)
{
	size_t rows = 0;

	bytes_add_text(out, "\n| scenario | verdict | reason |\n|---|---|---|\n");
	for (size_t i = 0; i < report->count; i++)
		if (report->cases[i].verdict->kind != VERDICT_PASS && !report->cases[i].unplayed &&
		    rows++ < ROWS_MOST)
			add_row(&report->cases[i], out);
	if (rows > ROWS_MOST)
		bytes_addf(out, "\n%zu more\n", rows - ROWS_MOST);
}

void report_markdown(const struct report *report, struct bytes *out)
{
	size_t told = 0;

	bytes_addf(out, "# Conformance: %s\n\n", report_is_good(report) ? "good" : "not good");
	report_facts(report, ESCAPE_MARKDOWN, "- ", "\n", out);
	bytes_add_text(out, "\n**");
	report_sums(report, out);
	bytes_add_text(out, "**\n");
	if (report_count(report).of[VERDICT_PASS] == report->count)
		return;
	add_rows(report, out);
	for (size_t i = 0; i < report->count; i++)
		if (verdict_is_bad(report->cases[i].verdict->kind) && !report->cases[i].unplayed &&
		    told++ < ROWS_MOST)
			add_explanation(report, &report->cases[i], out);
}
