/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "report_parts.h"

static void add_attribute(const char *name, const char *value, struct bytes *out)
{
	bytes_addf(out, " %s=\"", name);
	report_escape(ESCAPE_XML, value, out);
	bytes_add_byte(out, '"');
}

/* <failure>, <error> or <skipped>; a pass has none. */
static void add_result(const struct report *report, const struct report_case *which,
                       struct bytes *out)
{
	static const char *const elements[VERDICT_KIND_COUNT] = {
	        [VERDICT_FAIL] = "failure",
	        [VERDICT_EXPECTED_FAIL] = "skipped",
	        [VERDICT_UNEXPECTED_PASS] = "failure",
	        [VERDICT_SKIP] = "skipped",
	        [VERDICT_ERROR] = "error",
	};
	enum verdict_kind kind = which->verdict->kind;

	if (!elements[kind])
		return;
	bytes_addf(out, "\n      <%s", elements[kind]);
	add_attribute("message", which->verdict->reason, out);
	if (!verdict_is_bad(kind)) {
		bytes_add_text(out, "/>\n    ");
		return;
	}
	add_attribute("type", verdict_word(kind), out);
	bytes_add_byte(out, '>');
	report_explained(report, which, ESCAPE_XML, out);
	bytes_addf(out, "</%s>\n    ", elements[kind]);
}

/* The class is the group: "sts" of "sts.again". */
static void add_case(const struct report *report, const struct report_case *which,
                     struct bytes *out)
{
	const char *scenario = which->verdict->scenario;
	size_t group = strcspn(scenario, ".");
	OWNED_STRUCT(bytes) class_name = {0};

	bytes_add_text(&class_name, "msiv2.");
	bytes_add(&class_name, scenario, group);
	bytes_add_text(out, "    <testcase");
	add_attribute("classname", bytes_text(&class_name), out);
	add_attribute("name", scenario, out);
	bytes_addf(out, " time=\"%.3f\">", (double)which->verdict->took_ms / 1000);
	add_result(report, which, out);
	bytes_add_text(out, "</testcase>\n");
}

static void add_sums(const struct report *report, struct bytes *out)
{
	struct report_totals totals = report_count(report);

	bytes_addf(out,
	           " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
	           report->count, totals.of[VERDICT_FAIL] + totals.of[VERDICT_UNEXPECTED_PASS],
	           totals.of[VERDICT_ERROR],
	           totals.of[VERDICT_SKIP] + totals.of[VERDICT_EXPECTED_FAIL],
	           (double)report->took_ms / 1000);
}

static void add_property(const char *name, const char *value, struct bytes *out)
{
	if (!value)
		return;
	bytes_add_text(out, "      <property");
	add_attribute("name", name, out);
	add_attribute("value", value, out);
	bytes_add_text(out, "/>\n");
}

void report_junit(const struct report *report, struct bytes *out)
{
	bytes_add_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	add_sums(report, out);
	bytes_add_text(out, ">\n  <testsuite name=\"msiv2-conformance\"");
	add_sums(report, out);
	if (report->started)
		add_attribute("timestamp", report->started, out);
	bytes_add_text(out, ">\n    <properties>\n");
	bytes_addf(out, "      <property name=\"seed\" value=\"%llu\"/>\n",
	           (unsigned long long)report->seed);
	add_property("client", report->client, out);
	add_property("suite", report->suite, out);
	add_property("keys", report->key, out);
	bytes_add_text(out, "    </properties>\n");
	for (size_t i = 0; i < report->count; i++)
		add_case(report, &report->cases[i], out);
	bytes_add_text(out, "  </testsuite>\n</testsuites>\n");
}
