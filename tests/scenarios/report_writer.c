/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Prints one report of the sample: report_writer FORM. The validators of reports.py read it. */
#include <stdio.h>

#include "common/text.h"
#include "run_sample.h"

static void in_colours(const struct report *report, struct bytes *out)
{
	report_terminal(report, true, out);
}

static void without_colours(const struct report *report, struct bytes *out)
{
	report_terminal(report, false, out);
}

static const struct {
	const char *form;
	void (*write)(const struct report *report, struct bytes *out);
} forms[] = {
        {"terminal", without_colours}, {"colours", in_colours}, {"tap", report_tap},
        {"junit", report_junit},       {"json", report_json},   {"html", report_html},
        {"markdown", report_markdown},
};

int main(int argc, char **argv)
{
	struct run_sample sample;
	OWNED_STRUCT(bytes) text = {0};

	run_sample_make(&sample);
	for (size_t i = 0; argc == 2 && i < TEXT_COUNT(forms); i++)
		if (text_equal(forms[i].form, argv[1]))
			forms[i].write(&sample.report, &text);
	run_sample_free(&sample);
	return fwrite(text.data, 1, text.len, stdout) == text.len && text.len > 0 ? 0 : 1;
}
