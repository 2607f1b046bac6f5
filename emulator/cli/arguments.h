/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The program's command line as a table of options, read into the options of the public face. */
#ifndef EMULATOR_CLI_ARGUMENTS_H
#define EMULATOR_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "emulator/include/msiv2_emulator.h"

#define ARGUMENTS_MAX 64 /* most names, most rules and most settings */

/* Texts point into argv, except the owned ones. */
struct arguments {
	struct msiv2_emulator_options emulator;
	const char *names[ARGUMENTS_MAX];
	struct msiv2_emulator_rule rules[ARGUMENTS_MAX];
	char *rule_texts[ARGUMENTS_MAX]; /* owned copies of ID=MODE, split in place */
	struct msiv2_emulator_setting settings[ARGUMENTS_MAX];
	char *setting_texts[ARGUMENTS_MAX]; /* owned copies of KEY=VALUE, split in place */
	int64_t ready_fd;                   /* -1 = none */
	bool print_config;
	bool print_origins;
	bool quiet;
	bool verbose;
	bool help;
	bool version;
};

/* Reads argv[0..argc); MSIV2_CONFIG naming the option that is wrong. Free it in any case; the
 * struct must not be moved while its options are in use. */
MSIV2_MUST_USE enum msiv2_rc arguments_read(struct arguments *arguments, int argc, char **argv,
                                            struct msiv2_error *err);
/* Lets the emulator speak on stderr, as much as --quiet and --verbose say. */
void arguments_set_log(struct arguments *arguments);
/* Frees what is owned. */
void arguments_free(struct arguments *arguments);
DEFINE_OWNED_VALUE(arguments, arguments_free)
/* Appends the help. */
void arguments_help(struct bytes *out);

#endif
