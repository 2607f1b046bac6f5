/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "reports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/mem.h"
#include "common/text.h"
#include "output.h"

#define WHERE "report"
#define AGAIN ".again" /* what is appended to OUT for who runs one scenario again */

static void (*const forms[REPORT_FORM_COUNT])(const struct report *, struct bytes *) = {
        [REPORT_TAP] = report_tap,
        [REPORT_JUNIT] = report_junit,
        [REPORT_JSON] = report_json,
        [REPORT_HTML] = report_html,
        [REPORT_MARKDOWN] = report_markdown};

void run_report_free(struct run_report *report)
{
	mem_free(report->cases);
	bytes_free(&report->client);
	bytes_free(&report->rerun);
}

/* " --option 'value'", when there is a value */
static void add_option(const char *option, const char *value, struct bytes *out)
{
	if (!value)
		return;
	bytes_addf(out, " %s ", option);
	output_add_quoted(value, out);
}

/* Beside the folder of this run, where the evidence of the others stays. */
static void add_out(const char *out_dir, struct bytes *out)
{
	OWNED_STRUCT(bytes) again = {0};
	size_t len = strlen(out_dir);

	while (len > 1 && out_dir[len - 1] == '/')
		len--;
	bytes_add(&again, out_dir, len);
	if (len < strlen(AGAIN) ||
	    strncmp(out_dir + len - strlen(AGAIN), AGAIN, strlen(AGAIN)) != 0)
		bytes_add_text(&again, AGAIN);
	add_option("--out", bytes_text(&again), out);
	out->failed = out->failed || again.failed;
}

/* How one scenario is run again as it was. */
static void add_rerun(const struct results *results, const struct arguments *arguments,
                      struct bytes *out)
{
	/* Whoever came was judged by no scenario of the catalogue. */
	if (!results->command && arguments->word_count == 0)
		return;
	bytes_addf(out, "msiv2-conformance run {} --%s", results->mode);
	if (results->command) {
		bytes_add_byte(out, ' ');
		output_add_quoted(results->command, out);
		bytes_addf(out, " --key %s", results->key);
	}
	bytes_addf(out, " --seed %llu --keep", (unsigned long long)results->seed);
	if (arguments->valgrind)
		bytes_add_text(out, " --valgrind");
	if (arguments->time_limit_s > 0)
		bytes_addf(out, " --time-limit %lld", (long long)arguments->time_limit_s);
	add_option("--catalogue", arguments->catalogue_given, out);
	add_option("--scripts", arguments->scripts_given, out);
	add_out(arguments->out_dir, out);
}

static void add_client(const struct results *results, struct bytes *out)
{
	static const char *const members[] = {"name", "version"};

	for (size_t i = 0; i < TEXT_COUNT(members); i++) {
		const char *text = cJSON_GetStringValue(
		        cJSON_GetObjectItemCaseSensitive(results->shim, members[i]));

		if (text)
			bytes_addf(out, "%s%s", out->len > 0 ? " " : "", text);
	}
	if (out->len == 0)
		bytes_add_text(out, results->command ? results->command : "whoever came");
}

static struct report_case case_of(const struct result *result)
{
	return (struct report_case){.verdict = &result->verdict,
	                            .scenario = result->scenario->json,
	                            .seen = result->seen,
	                            .said = result->said,
	                            .evidence = result->evidence,
	                            .unplayed = !result->ran};
}

enum msiv2_rc run_report_make(const struct results *results,
                              const struct requirements *requirements,
                              const struct arguments *arguments, struct run_report *out,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(run_report) report = {0};
	size_t count = 0;

	report.cases = mem_alloc((results->count + 1) * sizeof(*report.cases));
	if (!report.cases)
		return err_no_memory(err, WHERE);
	for (size_t i = 0; i < results->count; i++)
		if (!results->items[i].twin_only)
			report.cases[count++] = case_of(&results->items[i]);
	add_client(results, &report.client);
	add_rerun(results, arguments, &report.rerun);
	TRY(bytes_done(&report.client, WHERE, err));
	TRY(bytes_done(&report.rerun, WHERE, err));
	*out = steal(&report);
	clock_format_utc(results->started_s, out->started);
	out->report = (struct report){.cases = out->cases,
	                              .count = count,
	                              .requirements = requirements,
	                              .suite = MSIV2_VERSION_TEXT,
	                              .client = bytes_text(&out->client),
	                              .key = results->key,
	                              .started = out->started,
	                              .rerun = bytes_text(&out->rerun),
	                              .seed = results->seed,
	                              .took_ms = results->took_ms};
	return MSIV2_OK;
}

/* A new or a regular file in a folder that can be written to. */
static enum msiv2_rc check_target(const char *path, struct msiv2_error *err)
{
	const char *slash = strrchr(path, '/');
	OWNED_STRUCT(bytes) folder = {0};
	struct stat facts;

	bytes_add(&folder, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1);
	TRY(bytes_done(&folder, path, err));
	if (fs_lstat(path, &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISLNK(facts.st_mode))
		return err_set(err, MSIV2_CONFIG, path, "exists and is not a regular file");
	if (access(bytes_text(&folder), W_OK | X_OK) != 0)
		return err_set(err, MSIV2_CONFIG, path, "cannot be written: %s", strerror(errno));
	return MSIV2_OK;
}

enum msiv2_rc run_report_check(const struct arguments *arguments, struct msiv2_error *err)
{
	for (size_t i = 0; i < REPORT_FORM_COUNT; i++)
		if (arguments->reports[i] && !text_equal(arguments->reports[i], "-"))
			TRY(check_target(arguments->reports[i], err));
	return MSIV2_OK;
}

static enum msiv2_rc write_form(const struct report *report, size_t form, const char *path,
                                struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};

	forms[form](report, &text);
	return output_write(path, &text, err);
}

enum msiv2_rc run_report_write(const struct run_report *report, const struct arguments *arguments,
                               struct msiv2_error *err)
{
	bool colours = isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == NULL;
	OWNED_STRUCT(bytes) shown = {0};
	enum msiv2_rc first = MSIV2_OK;

	for (size_t i = 0; i < REPORT_FORM_COUNT; i++) {
		struct msiv2_error ignored;

		if (!arguments->reports[i])
			continue;
		if (first == MSIV2_OK)
			first = write_form(&report->report, i, arguments->reports[i], err);
		else if (write_form(&report->report, i, arguments->reports[i], &ignored) !=
		         MSIV2_OK)
			continue;
	}
	report_terminal(&report->report, colours, &shown);
	output_say(bytes_text(&shown), shown.len);
	TRY(first);
	return bytes_done(&shown, WHERE, err);
}
