/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "explain.h"
#include "report_parts.h"

#define RESET "\x1b[0m"

static const char *const colours_of[VERDICT_KIND_COUNT] = {
        [VERDICT_PASS] = "\x1b[32m",          [VERDICT_FAIL] = "\x1b[1;31m",
        [VERDICT_EXPECTED_FAIL] = "\x1b[33m", [VERDICT_UNEXPECTED_PASS] = "\x1b[1;31m",
        [VERDICT_SKIP] = "\x1b[36m",          [VERDICT_ERROR] = "\x1b[1;35m",
};

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

void report_terminal(const struct report *report, bool colours, struct bytes *out)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->cases[i].verdict->kind != VERDICT_PASS)
			add_case(report, &report->cases[i], colours, out);
	bytes_add_byte(out, '\n');
	report_facts(report, ESCAPE_LINE, "", "\n", out);
	report_sums(report, out);
	bytes_add_byte(out, '\n');
}
