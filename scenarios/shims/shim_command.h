/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the runner may tell the shim to do, one row per command of docs/shim.md. */
#ifndef SCENARIOS_SHIMS_SHIM_COMMAND_H
#define SCENARIOS_SHIMS_SHIM_COMMAND_H

#include <stdbool.h>

#include "common/bytes.h"
#include "shim_reply.h"
#include "shim_session.h"

/* Does what one line says and fills in its reply, whatever came of it; *quit becomes true when it
 * was the last command. */
void shim_command_run(struct shim_session *session, const struct bytes *line,
                      struct shim_reply *reply, bool *quit);

#endif
