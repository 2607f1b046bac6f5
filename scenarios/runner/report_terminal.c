/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "common/text.h"
#include "explain.h"
#include "report_parts.h"

#define RESET "\x1b[0m"

static const char *const colours_of[VERDICT_KIND_COUNT] = {
        [VERDICT_PASS] = "\x1b[32m",          [VERDICT_FAIL] = "\x1b[1;31m",
        [VERDICT_EXPECTED_FAIL] = "\x1b[33m", [VERDICT_UNEXPECTED_PASS] = "\x1b[1;31m",
        [VERDICT_SKIP] = "\x1b[36m",          [VERDICT_ERROR] = "\x1b[1;35m",
};

/* What is told of by itself. */
static bool is_told(const struct report_case *which)
{
	return which->verdict->kind != VERDICT_PASS && which->verdict->kind != VERDICT_SKIP &&
	       !which->unplayed;
}

static void add_case(const struct report *report, const struct report_case *which, bool colours,
                     struct bytes *out)
{
	const struct verdict *verdict = which->verdict;

	bytes_addf(out, "\n%s%s%s ", colours ? colours_of[verdict->kind] : "",
	           verdict_word(verdict->kind), colours ? RESET : "");
	report_escape(ESCAPE_LINE, verdict->scenario, out);
	bytes_add_text(out, "  ");
	report_escape(ESCAPE_LINE, report_text(which, "title"), out);
	bytes_add_text(out, "\n  why: ");
	report_escape(ESCAPE_LINE, verdict->reason, out);
	bytes_add_byte(out, '\n');
	if (verdict_is_bad(verdict->kind))
		explain_case(report, which, "    ", out);
}

/* "skip flow.cold: reason", "skip 90 scenarios: reason" */
static void add_skip(const struct report_case *which, size_t count, bool colours, struct bytes *out)
{
	bytes_addf(out, "\n%s%s%s ", colours ? colours_of[VERDICT_SKIP] : "",
	           verdict_word(VERDICT_SKIP), colours ? RESET : "");
	if (count > 1)
		bytes_addf(out, "%zu scenarios", count);
	else
		report_escape(ESCAPE_LINE, which->verdict->scenario, out);
	bytes_add_text(out, ": ");
	report_escape(ESCAPE_LINE, which->verdict->reason, out);
	bytes_add_byte(out, '\n');
}

/* Skips come in herds: each reason is told once, with how many there are. */
static void add_skips(const struct report *report, bool colours, struct bytes *out)
{
	for (size_t i = 0; i < report->count; i++) {
		size_t count = 0;
		size_t first = 0;

		if (report->cases[i].verdict->kind != VERDICT_SKIP)
			continue;
		for (size_t j = report->count; j-- > 0;)
			if (report->cases[j].verdict->kind == VERDICT_SKIP &&
			    text_equal(report->cases[j].verdict->reason,
			               report->cases[i].verdict->reason)) {
				first = j;
				count++;
			}
		if (first == i)
			add_skip(&report->cases[i], count, colours, out);
	}
}

void report_terminal(const struct report *report, bool colours, struct bytes *out)
{
	for (size_t i = 0; i < report->count; i++)
		if (is_told(&report->cases[i]))
			add_case(report, &report->cases[i], colours, out);
	add_skips(report, colours, out);
	bytes_add_byte(out, '\n');
	report_facts(report, ESCAPE_LINE, "", "\n", out);
	report_sums(report, out);
	bytes_add_byte(out, '\n');
}
