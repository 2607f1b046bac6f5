/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client as a black box: a command line that is run once for each `acquire`, told everything by
 * its environment and judged by the journal alone. What it says is evidence but never judged. */
#ifndef SCENARIOS_RUNNER_COMMAND_H
#define SCENARIOS_RUNNER_COMMAND_H

#include "shim.h"
#include "stage.h"

struct command {
	const char *text; /* of /bin/sh; borrowed */
	const char *dir;
	const struct stage *stage; /* borrowed */
	struct bytes out;          /* all of stdout */
	struct bytes err_out;
	const struct stop *stop; /* ends waiting for it; may be NULL */
	bool ended;
	int status; /* of the last time it ended by itself */
	int signal; /* that ended it, or 0 */
};

/* Frees what it holds. */
void command_free(struct command *command);
DEFINE_OWNED_VALUE(command, command_free)

/* Why this scenario cannot be performed so, or NULL (static text). */
const char *command_lacks(const struct scenario *scenario);
/* As struct client wants it; `ctx` is a struct command. The reply is "ok" whatever it answered. */
enum msiv2_rc command_ask(void *ctx, cJSON *asked, int64_t deadline_us, cJSON *waits,
                          enum shim_outcome *outcome, cJSON **reply, struct msiv2_error *err);

#endif
