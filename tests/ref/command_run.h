/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Runs the command msiv2 and keeps what it said. */
#ifndef TESTS_REF_COMMAND_RUN_H
#define TESTS_REF_COMMAND_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/json.h"
#include "common/text.h"
#include "fake_cloud.h"

struct command_run {
	struct fake_cloud *cloud; /* borrowed: its folder is used, and it is published */
	struct bytes out;         /* of the last run */
	struct bytes err;
	int exit_code;
};

/* Runs it to its end with these arguments, in an environment of PATH and the variables of PKCS#11
 * devices that this process has. Fails the test when it cannot. */
void command_run(struct command_run *run, const char *const *args, size_t count);
/* Frees what is kept. */
void command_run_free(struct command_run *run);

#define COMMAND_RUN(run, ...)                                                                      \
	command_run(run, (const char *const[]){__VA_ARGS__},                                       \
	            TEXT_COUNT(((const char *const[]){__VA_ARGS__})))

/* Fails the test, and shows what the command said, unless it ended with this code. */
void command_expect_exit(const struct command_run *run, int exit_code);
/* A text has this in it. */
bool command_says(const struct bytes *text, const char *what);
/* How many lines a text has. */
size_t command_lines(const struct bytes *text);
/* The one JSON object on stdout, whose line is all there is. The caller frees it. */
cJSON *command_json(const struct command_run *run);
/* A text member; fails the test when there is none. */
const char *command_text_at(const cJSON *object, const char *name);
/* A number member; fails the test when there is none. */
double command_number_at(const cJSON *object, const char *name);

#endif
