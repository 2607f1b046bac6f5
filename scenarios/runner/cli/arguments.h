/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The command line of msiv2-conformance as a table of options, each with the verbs that take it. */
#ifndef SCENARIOS_RUNNER_CLI_ARGUMENTS_H
#define SCENARIOS_RUNNER_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "scenarios/runner/catalogue.h"
#include "scenarios/runner/feature.h"
#include "scenarios/runner/stop.h"

#define ARGUMENTS_FILTERS  4096
#define ARGUMENTS_OUT_DIR  "conformance-out"         /* without --out */
#define ARGUMENTS_SEED_MAX INT64_C(9007199254740991) /* what JSON keeps exactly */

/* The verbs, as a set. */
enum verb_bit {
	VERB_RUN = 1,
	VERB_LIST = 2,
	VERB_SHOW = 4,
	VERB_JUDGE = 8,
	VERB_EXPLAIN = 16,
	VERB_NEW = 32,
	VERB_ALL = 63
};

/* The forms of report. */
enum report_form {
	REPORT_TAP,
	REPORT_JUNIT,
	REPORT_JSON,
	REPORT_HTML,
	REPORT_MARKDOWN,
	REPORT_FORM_COUNT
};

/* Texts point into argv. */
struct arguments {
	const char *shim;
	const char *command;
	bool address;
	struct selection selection;
	const char *filters[ARGUMENTS_FILTERS];
	size_t filter_count;
	enum key_kind key;
	bool key_given;
	int64_t jobs; /* 0: one more than there are processors */
	int64_t seed;
	bool seed_given;
	int64_t time_limit_s;
	bool rerun_failed;
	bool keep;
	bool gdb;
	bool valgrind;
	bool quiet;
	bool help;
	bool version;
	const char *out_dir;
	const char *expected;
	const char *catalogue;
	const char *catalogue_given; /* as an option */
	bool catalogue_asked;        /* as an option or a variable */
	const char *scripts;
	const char *scripts_given; /* as an option */
	const char *reports[REPORT_FORM_COUNT];
	/* Where the client is started, and what a signal sets: main() knows. */
	const char *work_dir;
	struct stop *stop;
	/* What is not an option, without the subcommand; a part of argv. */
	char **words;
	int word_count;
};

/* Reads argv[0..argc), which begins after the verb. MSIV2_CONFIG naming the option. */
MSIV2_MUST_USE enum msiv2_rc arguments_read(struct arguments *arguments, enum verb_bit verb,
                                            int argc, char **argv, struct msiv2_error *err);
/* Appends the help of the options that the verb takes. */
void arguments_help(enum verb_bit verb, struct bytes *out);

#endif
