/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* `msiv2-emulator env`: from a ready line to the lines a shell evaluates. */
#ifndef EMULATOR_CLI_ENV_H
#define EMULATOR_CLI_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/err.h"

#define ENV_IMDS_VARIABLE "AZURE_POD_IDENTITY_AUTHORITY_HOST"

/* Which variable shows which member of the ready line. `trust` variables replace the system's trust
 * anchors and are given on request only. */
struct env_variable {
	const char *name;
	const char *member;
	bool trust;
};
/* All of them; *count = how many. */
const struct env_variable *env_variables(size_t *count);

/* Runs the subcommand with its own arguments; prints to stdout. */
MSIV2_MUST_USE enum msiv2_rc env_main(int argc, char **argv, struct msiv2_error *err);

/* Prints the line that makes the shell's eval of a failed env fail too. */
void env_print_failure(void);

#endif
