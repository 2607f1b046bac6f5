/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "arguments.h"

#include <stdlib.h>
#include <string.h>

#include "common/options.h"
#include "common/text.h"
#include "scenarios/runner/form.h"
#include "scenarios/runner/run.h"

#define TIME_LIMIT_MAX 86400

/* A row's function that keeps the text in a member. */
#define TAKE_TEXT(name, member)                                                                    \
	static enum msiv2_rc take_##name(void *into, const char *value, struct msiv2_error *err)   \
	{                                                                                          \
		(void)err;                                                                         \
		((struct arguments *)into)->member = value;                                        \
		return MSIV2_OK;                                                                   \
	}
#define TAKE_FLAG(name)                                                                            \
	static enum msiv2_rc take_##name(void *into, const char *value, struct msiv2_error *err)   \
	{                                                                                          \
		(void)value;                                                                       \
		(void)err;                                                                         \
		((struct arguments *)into)->name = true;                                           \
		return MSIV2_OK;                                                                   \
	}
#define TAKE_NUMBER(name, option, min, max)                                                        \
	static enum msiv2_rc take_##name(void *into, const char *value, struct msiv2_error *err)   \
	{                                                                                          \
		if (!text_to_int(value, min, max, &((struct arguments *)into)->name))              \
			return err_set(err, MSIV2_CONFIG, option, "not a number in range: %s",     \
			               value);                                                     \
		return MSIV2_OK;                                                                   \
	}

TAKE_TEXT(shim, shim)
TAKE_TEXT(command, command)
TAKE_TEXT(out, out_dir)
TAKE_TEXT(expected, expected)
TAKE_TEXT(catalogue, catalogue)
TAKE_TEXT(scripts, scripts)
TAKE_TEXT(tap, reports[REPORT_TAP])
TAKE_TEXT(junit, reports[REPORT_JUNIT])
TAKE_TEXT(json, reports[REPORT_JSON])
TAKE_TEXT(html, reports[REPORT_HTML])
TAKE_TEXT(markdown, reports[REPORT_MARKDOWN])
TAKE_FLAG(address)
TAKE_FLAG(rerun_failed)
TAKE_FLAG(keep)
TAKE_FLAG(gdb)
TAKE_FLAG(valgrind)
TAKE_FLAG(quiet)
TAKE_FLAG(help)
TAKE_FLAG(version)
TAKE_NUMBER(jobs, "-j", 1, RUN_JOBS_MAX)
TAKE_NUMBER(time_limit_s, "--time-limit", 1, TIME_LIMIT_MAX)

static enum msiv2_rc take_fast(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->selection.fast = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_seed(void *into, const char *value, struct msiv2_error *err)
{
	struct arguments *arguments = into;

	if (!text_to_int(value, 0, ARGUMENTS_SEED_MAX, &arguments->seed))
		return err_set(err, MSIV2_CONFIG, "--seed", "not a number in range: %s", value);
	arguments->seed_given = true;
	return MSIV2_OK;
}

static enum msiv2_rc take_level(void *into, const char *value, struct msiv2_error *err)
{
	if (!selection_set_level(&((struct arguments *)into)->selection, value))
		return err_set(err, MSIV2_CONFIG, "--level", "must, should, observed or all: %s",
		               value);
	return MSIV2_OK;
}

static enum msiv2_rc take_shard(void *into, const char *value, struct msiv2_error *err)
{
	if (!selection_set_shard(&((struct arguments *)into)->selection, value))
		return err_set(err, MSIV2_CONFIG, "--shard",
		               "not a part such as 2/5, from 1/N to N/N: %s", value);
	return MSIV2_OK;
}

static enum msiv2_rc take_key(void *into, const char *value, struct msiv2_error *err)
{
	int at = form_word(key_kind_words, value);

	if (at < 0)
		return err_set(err, MSIV2_CONFIG, "--key", "memory, keyguard or hardware: %s",
		               value);
	((struct arguments *)into)->key = (enum key_kind)at;
	((struct arguments *)into)->key_given = true;
	return MSIV2_OK;
}

#define CHOOSE (VERB_RUN | VERB_LIST)

static const struct argument_row {
	unsigned verbs; /* that take it */
	struct option_row option;
} argument_rows[] = {
        {VERB_RUN, {"--shim", "CMD", "The client's shim, see docs/shim.md.", false, take_shim}},
        {VERB_RUN,
         {"--command", "CMD", "The client as a black box: run once for each acquisition.", false,
          take_command}},
        {VERB_RUN,
         {"--address", NULL, "Only start the emulator; judge what came when it is stopped.", false,
          take_address}},
        {VERB_RUN, {"--key", "KIND", "memory (default), keyguard or hardware.", false, take_key}},
        {CHOOSE,
         {"--level", "LEVEL", "must, should, observed or all (default): these and stronger ones.",
          false, take_level}},
        {CHOOSE,
         {"--fast", NULL, "The fast set: each requirement, and each group, in seconds.", false,
          take_fast}},
        {CHOOSE, {"--shard", "I/N", "The I-th of N equal parts.", false, take_shard}},
        {VERB_RUN,
         {"-j", "N", "So many at once; default: one more than there are processors.", false,
          take_jobs}},
        {VERB_RUN, {"--seed", "N", "Decides what is left to chance; default 1.", false, take_seed}},
        {VERB_RUN,
         {"--time-limit", "S", "At least so many seconds for each scenario.", false,
          take_time_limit_s}},
        {VERB_RUN | VERB_EXPLAIN,
         {"--out", "DIR", "Where evidence goes; default " ARGUMENTS_OUT_DIR ".", false, take_out}},
        {VERB_RUN, {"--keep", NULL, "Keep the evidence of what passed, too.", false, take_keep}},
        {VERB_RUN,
         {"--rerun-failed", NULL, "Only what failed in the last run of the same --out.", false,
          take_rerun_failed}},
        {VERB_RUN, {"--expected", "FILE", "Failures that are known.", false, take_expected}},
        {VERB_RUN,
         {"--gdb", NULL, "Start each client under gdbserver, one by one, without time limits.",
          false, take_gdb}},
        {VERB_RUN,
         {"--valgrind", NULL, "Start the clients under valgrind; what it finds is a failure.",
          false, take_valgrind}},
        {VERB_RUN, {"--tap", "FILE", "TAP 14; - is stdout, here and below.", false, take_tap}},
        {VERB_RUN, {"--junit", "FILE", "JUnit XML.", false, take_junit}},
        {VERB_RUN,
         {"--json", "FILE", "JSON of scenarios/schema/report.schema.json.", false, take_json}},
        {VERB_RUN, {"--html", "FILE", "One page that needs nothing else.", false, take_html}},
        {VERB_RUN, {"--markdown", "FILE", "A short summary.", false, take_markdown}},
        {VERB_RUN | VERB_LIST | VERB_SHOW | VERB_EXPLAIN | VERB_NEW,
         {"--catalogue", "DIR", "Scenarios; default: the project's.", false, take_catalogue}},
        {VERB_RUN,
         {"--scripts", "DIR", "softhsm-token and swtpm-start; default: the project's.", false,
          take_scripts}},
        {VERB_RUN, {"--quiet", NULL, "No progress.", false, take_quiet}},
        {VERB_ALL, {"--help", NULL, "This text.", false, take_help}},
        {VERB_ALL, {"-h", NULL, "The same.", true, take_help}},
        {VERB_ALL, {"--version", NULL, "The version.", false, take_version}},
};

/* The options that one of the verbs takes; how many. */
static size_t rows_of(unsigned verbs, struct option_row *out)
{
	size_t count = 0;

	for (size_t i = 0; i < TEXT_COUNT(argument_rows); i++)
		if (argument_rows[i].verbs & verbs)
			out[count++] = argument_rows[i].option;
	return count;
}

/* Two reports in one file would be neither. */
static enum msiv2_rc check_reports(const struct arguments *arguments, struct msiv2_error *err)
{
	for (size_t i = 0; i < REPORT_FORM_COUNT; i++)
		for (size_t j = i + 1; arguments->reports[i] && j < REPORT_FORM_COUNT; j++)
			if (text_equal(arguments->reports[i], arguments->reports[j]))
				return err_set(err, MSIV2_CONFIG, arguments->reports[i],
				               "is named for two reports");
	return MSIV2_OK;
}

static bool is_blank(const char *text)
{
	return text && text[strspn(text, " \t\n")] == '\0';
}

/* What an emulator that waits for whoever comes can do nothing with. */
static enum msiv2_rc check_address(const struct arguments *arguments, struct msiv2_error *err)
{
	const struct {
		const char *option;
		bool given;
	} rows[] = {
	        {"--key", arguments->key_given},
	        {"--level", arguments->selection.some_levels},
	        {"--fast", arguments->selection.fast},
	        {"--shard", arguments->selection.shards > 1},
	        {"-j", arguments->jobs > 0},
	        {"--time-limit", arguments->time_limit_s > 0},
	        {"--rerun-failed", arguments->rerun_failed},
	        {"--expected", arguments->expected != NULL},
	        {"--gdb", arguments->gdb},
	        {"--valgrind", arguments->valgrind},
	};

	for (size_t i = 0; arguments->address && i < TEXT_COUNT(rows); i++)
		if (rows[i].given)
			return err_set(err, MSIV2_CONFIG, rows[i].option, "goes without --address");
	return MSIV2_OK;
}

enum msiv2_rc arguments_read(struct arguments *arguments, enum verb_bit verb, int argc, char **argv,
                             struct msiv2_error *err)
{
	struct option_row rows[TEXT_COUNT(argument_rows)];
	int clients;

	arguments->seed = 1;
	arguments->out_dir = ARGUMENTS_OUT_DIR;
	TRY(options_parse(rows, rows_of(verb, rows), arguments, argc, argv, &arguments->word_count,
	                  err));
	arguments->words = argv;
	clients = (arguments->shim != NULL) + (arguments->command != NULL) + arguments->address;
	if (clients > 1)
		return err_set(err, MSIV2_CONFIG, "--shim", "goes without --command and --address");
	if (is_blank(arguments->shim) || is_blank(arguments->command))
		return err_set(err, MSIV2_CONFIG, arguments->shim ? "--shim" : "--command",
		               "is empty");
	if (arguments->gdb && arguments->valgrind)
		return err_set(err, MSIV2_CONFIG, "--gdb", "goes without --valgrind");
	TRY(check_address(arguments, err));
	return check_reports(arguments, err);
}

void arguments_help(enum verb_bit verb, struct bytes *out)
{
	struct option_row rows[TEXT_COUNT(argument_rows)];

	options_help(rows, rows_of(verb, rows), out);
}
