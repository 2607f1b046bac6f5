/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "explain.h"
#include "report_parts.h"
#include "sequence.h"

#define EVENTS_MOST 60

static const char head[] =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<title>msiv2 conformance</title>\n<style>\n"
        ":root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#f3f4f6;--line:#d0d4da;"
        "--pass:#12713a;--fail:#b3161b;--skip:#1a5a96;--warn:#8a5200}\n"
        "@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#15181c;--soft:#1f2429;"
        "--line:#3a4149;--pass:#5fd08b;--fail:#ff8a8a;--skip:#7db8f0;--warn:#f0b45a}}\n"
        "body{margin:0 auto;max-width:76rem;padding:1rem;color:var(--ink);"
        "background:var(--paper);font:16px/1.5 system-ui,sans-serif}\n"
        "table{border-collapse:collapse;width:100%}th,td{border:1px solid var(--line);"
        "padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\n"
        "td:nth-child(2){white-space:nowrap}th{background:var(--soft)}pre{background:var(--soft);"
        "padding:.6rem;overflow-x:auto;"
        "font:13px/1.35 ui-monospace,monospace}\n"
        "details{border:1px solid var(--line);border-radius:.3rem;margin:.3rem 0;padding:.3rem "
        ".6rem}summary{cursor:pointer}\n"
        ".v{font-weight:600}.pass{color:var(--pass)}.fail,.error,.unexpected-pass"
        "{color:var(--fail)}.skip{color:var(--skip)}.expected-fail{color:var(--warn)}\n"
        "a{color:inherit}\n</style></head><body>\n";

static void add(const char *text, struct bytes *out)
{
	report_escape(ESCAPE_XML, text, out);
}

static void add_kind(enum verdict_kind kind, struct bytes *out)
{
	bytes_addf(out, "<span class=\"v %s\">%s</span>", verdict_word(kind), verdict_word(kind));
}

static void add_summary(const struct report *report, struct bytes *out)
{
	struct report_totals totals = report_count(report);

	bytes_addf(out, "<h1>Conformance: <span class=\"%s\">%s</span></h1>\n<ul>",
	           report_is_good(report) ? "pass" : "fail",
	           report_is_good(report) ? "good" : "not good");
	report_facts(report, ESCAPE_XML, "<li>", "</li>", out);
	bytes_add_text(out, "</ul>\n<table><tr><th>verdict</th><th>scenarios</th></tr>\n");
	for (int kind = 0; kind < VERDICT_KIND_COUNT; kind++) {
		bytes_add_text(out, "<tr><td>");
		add_kind((enum verdict_kind)kind, out);
		bytes_addf(out, "</td><td>%zu</td></tr>\n", totals.of[kind]);
	}
	bytes_add_text(out, "</table>\n");
}

static void add_matrix_cell(const struct report *report, const char *requirement, const char *kind,
                            struct bytes *out)
{
	const char *comma = "";

	bytes_add_text(out, "<td>");
	for (size_t i = 0; i < report->count; i++) {
		const struct report_case *which = &report->cases[i];

		if (!report_has(which, requirement) ||
		    strcmp(report_text(which, "kind"), kind) != 0)
			continue;
		bytes_addf(out, "%s<a class=\"%s\" href=\"#s%zu\">", comma,
		           verdict_word(which->verdict->kind), i);
		add(which->verdict->scenario, out);
		bytes_add_text(out, "</a>");
		comma = ", ";
	}
	bytes_add_text(out, "</td>");
}

static void add_matrix(const struct report *report, struct bytes *out)
{
	bytes_add_text(out, "<h2>Requirements</h2>\n<table><tr><th>rule</th><th>level</th>"
	                    "<th>sentence</th><th>positive</th><th>negative</th></tr>\n");
	for (size_t i = 0; i < requirements_count(report->requirements); i++) {
		struct requirement row = requirements_at(report->requirements, i);

		bytes_add_text(out, "<tr><td>");
		add(row.id, out);
		bytes_addf(out, "</td><td>%s</td><td>", row.level);
		add(row.sentence, out);
		bytes_add_text(out, "</td>");
		add_matrix_cell(report, row.id, "positive", out);
		add_matrix_cell(report, row.id, "negative", out);
		bytes_add_text(out, "</tr>\n");
	}
	bytes_add_text(out, "</table>\n");
}

static void add_checks(const struct verdict *verdict, struct bytes *out)
{
	bytes_add_text(out, "<table><tr><th>check</th><th>rule</th><th>says</th><th>expected</th>"
	                    "<th>seen</th></tr>\n");
	for (size_t i = 0; i < verdict->check_count; i++) {
		const struct verdict_check *check = &verdict->checks[i];
		const char *const cells[] = {check->requirement, check->says, check->expected,
		                             check->seen};

		bytes_addf(out, "<tr><td class=\"v %s\">", check->ok ? "pass" : "fail");
		add(check->id, out);
		for (size_t j = 0; j < sizeof(cells) / sizeof(cells[0]); j++) {
			bytes_add_text(out, "</td><td>");
			add(cells[j], out);
		}
		bytes_add_text(out, "</td></tr>\n");
	}
	bytes_add_text(out, "</table>\n");
}

static void add_pre(const char *title, const struct bytes *text, struct bytes *out)
{
	bytes_addf(out, "<h3>%s</h3><pre>", title);
	add(bytes_text(text), out);
	bytes_add_text(out, "</pre>\n");
}

static void add_timeline(const struct report_case *which, struct bytes *out)
{
	const cJSON *journal = cJSON_GetObjectItemCaseSensitive(which->seen, "journal");
	OWNED_STRUCT(bytes) drawn = {0};

	if (!journal)
		return;
	sequence_draw(journal, 0, 0, EVENTS_MOST, "", &drawn);
	add_pre("Timeline", &drawn, out);
}

static void add_case(const struct report *report, size_t index, struct bytes *out)
{
	const struct report_case *which = &report->cases[index];
	const struct verdict *verdict = which->verdict;
	OWNED_STRUCT(bytes) explained = {0};

	bytes_addf(out, "<details id=\"s%zu\"%s><summary>", index,
	           verdict_is_bad(verdict->kind) ? " open" : "");
	add_kind(verdict->kind, out);
	bytes_add_byte(out, ' ');
	add(verdict->scenario, out);
	bytes_add_text(out, " &middot; ");
	add(report_text(which, "title"), out);
	bytes_addf(out, " <small>%lld ms</small></summary>\n<p>", (long long)verdict->took_ms);
	add(report_text(which, "why"), out);
	bytes_add_text(out, "</p><p>");
	add(verdict->reason, out);
	bytes_add_text(out, "</p>\n");
	if (verdict_is_bad(verdict->kind)) {
		explain_case(report, which, "", &explained);
		add_pre("What failed", &explained, out);
	}
	add_timeline(which, out);
	add_checks(verdict, out);
	bytes_add_text(out, "</details>\n");
}

void report_html(const struct report *report, struct bytes *out)
{
	bytes_add_text(out, head);
	add_summary(report, out);
	bytes_add_text(out, "<h2>Scenarios</h2>\n");
	for (size_t i = 0; i < report->count; i++)
		add_case(report, i, out);
	add_matrix(report, out);
	bytes_add_text(out, "</body></html>\n");
}
