/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "arguments.h"

#include <stdlib.h>

#include "common/options.h"
#include "common/text.h"
#include "scenarios/runner/form.h"
#include "scenarios/runner/run.h"

#define SEED_MAX       INT64_C(9007199254740991) /* what JSON keeps exactly */
#define TIME_LIMIT_MAX 86400
#define OUT_DIR        "conformance-out"

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
TAKE_NUMBER(seed, "--seed", 0, SEED_MAX)
TAKE_NUMBER(time_limit_s, "--time-limit", 1, TIME_LIMIT_MAX)

static enum msiv2_rc take_fast(void *into, const char *value, struct msiv2_error *err)
{
	(void)value;
	(void)err;
	((struct arguments *)into)->selection.fast = true;
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
		return err_set(err, MSIV2_CONFIG, "--shard", "not of the form 2/5: %s", value);
	return MSIV2_OK;
}

static enum msiv2_rc take_key(void *into, const char *value, struct msiv2_error *err)
{
	int at = form_word(key_kind_words, value);

	if (at < 0)
		return err_set(err, MSIV2_CONFIG, "--key", "memory, keyguard or hardware: %s",
		               value);
	((struct arguments *)into)->key = (enum key_kind)at;
	return MSIV2_OK;
}

static const struct option_row rows[] = {
        {"--shim", "CMD", "The client's shim, see docs/shim.md.", false, take_shim},
        {"--command", "CMD", "The client as a black box: run once for each acquisition.", false,
         take_command},
        {"--address", NULL, "Only start the emulator; judge what came when it is stopped.", false,
         take_address},
        {"--key", "KIND", "memory (default), keyguard or hardware.", false, take_key},
        {"--level", "LEVEL", "must, should, observed or all (default): these and stronger ones.",
         false, take_level},
        {"--fast", NULL, "The fast set: each requirement, and each group, in seconds.", false,
         take_fast},
        {"--shard", "I/N", "The I-th of N equal parts.", false, take_shard},
        {"-j", "N", "So many at once; default: one more than there are processors.", false,
         take_jobs},
        {"--seed", "N", "Decides what is left to chance; default 1.", false, take_seed},
        {"--time-limit", "S", "At least so many seconds for each scenario.", false,
         take_time_limit_s},
        {"--out", "DIR", "Where evidence goes; default " OUT_DIR ".", false, take_out},
        {"--keep", NULL, "Keep the evidence of what passed, too.", false, take_keep},
        {"--rerun-failed", NULL, "Only what failed in the last run of the same --out.", false,
         take_rerun_failed},
        {"--expected", "FILE", "Failures that are known.", false, take_expected},
        {"--gdb", NULL, "Start each client under gdbserver, one by one, without time limits.",
         false, take_gdb},
        {"--valgrind", NULL, "Start the clients under valgrind; what it finds is a failure.", false,
         take_valgrind},
        {"--tap", "FILE", "TAP 14; - is stdout, here and below.", false, take_tap},
        {"--junit", "FILE", "JUnit XML.", false, take_junit},
        {"--json", "FILE", "JSON of scenarios/schema/report.schema.json.", false, take_json},
        {"--html", "FILE", "One page that needs nothing else.", false, take_html},
        {"--markdown", "FILE", "A short summary.", false, take_markdown},
        {"--catalogue", "DIR", "Scenarios; default: the project's.", false, take_catalogue},
        {"--scripts", "DIR", "softhsm-token and swtpm-start; default: the project's.", false,
         take_scripts},
        {"--quiet", NULL, "No progress.", false, take_quiet},
        {"--help", NULL, "This text.", false, take_help},
        {"--version", NULL, "The version.", false, take_version},
};

enum msiv2_rc arguments_read(struct arguments *arguments, int argc, char **argv,
                             struct msiv2_error *err)
{
	int clients;

	arguments->seed = 1;
	arguments->out_dir = OUT_DIR;
	TRY(options_parse(rows, TEXT_COUNT(rows), arguments, argc, argv, &arguments->word_count,
	                  err));
	arguments->words = argv;
	clients = (arguments->shim != NULL) + (arguments->command != NULL) + arguments->address;
	if (clients > 1)
		return err_set(err, MSIV2_CONFIG, "--shim", "goes without --command and --address");
	if (arguments->gdb && arguments->valgrind)
		return err_set(err, MSIV2_CONFIG, "--gdb", "goes without --valgrind");
	return MSIV2_OK;
}

void arguments_help(struct bytes *out)
{
	options_help(rows, TEXT_COUNT(rows), out);
}
