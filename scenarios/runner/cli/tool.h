/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a client is run under: --gdb and --valgrind. */
#ifndef SCENARIOS_RUNNER_CLI_TOOL_H
#define SCENARIOS_RUNNER_CLI_TOOL_H

#include "arguments.h"

struct tool {
	struct bytes wrapper; /* goes before the client's command line; empty: none */
	int found_status;     /* the client ends so when the tool found something; 0: never */
	int64_t time_limit_s; /* each scenario gets so long at least */
	bool patient;         /* somebody looks: no time limit at all, one client at a time */
};

/* Frees what it holds. */
void tool_free(struct tool *tool);
DEFINE_OWNED_VALUE(tool, tool_free)

/* Makes ready what the options name, and says on stderr how to attach to it. MSIV2_CONFIG naming
 * the program that is not installed. */
MSIV2_MUST_USE enum msiv2_rc tool_choose(const struct arguments *arguments, struct tool *tool,
                                         struct msiv2_error *err);

#endif
