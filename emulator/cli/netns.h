/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* `msiv2-emulator netns -- COMMAND`: a command in a private network where the fake IMDS is at its
 * real address, http://169.254.169.254, so that a client needs no setting at all (NET-06). */
#ifndef EMULATOR_CLI_NETNS_H
#define EMULATOR_CLI_NETNS_H

#include <signal.h>

#include "common/err.h"

/* Exit status of what goes wrong before the command runs, as of env, nohup and timeout. */
#define NETNS_FAILED 125

/* Runs the subcommand with its own arguments; the command gets the signal mask `inherited`. *status
 * is the exit status of the whole program, also when it fails. To be called while the process has
 * one thread. */
MSIV2_MUST_USE enum msiv2_rc netns_main(int argc, char **argv, const sigset_t *inherited,
                                        int *status, struct msiv2_error *err);

#endif
