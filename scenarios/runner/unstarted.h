/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Was there a client at all? A shell ends with 127 when there is no such program and with 126 when
 * it is none that can be run; a client that got no further than that never did anything. Pure. */
#ifndef SCENARIOS_RUNNER_UNSTARTED_H
#define SCENARIOS_RUNNER_UNSTARTED_H

#include <stdbool.h>

#include "evidence.h"

/* A process of the client was begun; not so where a scenario was skipped without one. */
bool client_begun(const struct evidence *evidence);
/* The evidence shows no client: one of these exits, and no first line, or, from a black box,
 * nothing in the journal. */
bool unstarted(const struct evidence *evidence);
/* MSIV2_CONFIG naming the command, with the shell's last words. */
enum msiv2_rc unstarted_error(const struct evidence *evidence, const char *command,
                              struct msiv2_error *err);

#endif
