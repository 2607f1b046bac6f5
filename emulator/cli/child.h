/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One program run to its end: signals go to it, its exit status comes back, and nothing it started
 * outlives it. */
#ifndef EMULATOR_CLI_CHILD_H
#define EMULATOR_CLI_CHILD_H

#include <signal.h>

#include "common/err.h"

/* What a shell says of a program that cannot be run, and of one that is not there. */
#define CHILD_NOT_RUNNABLE 126
#define CHILD_NOT_FOUND    127

/* Blocks the signals that child_run() takes. To be called while this process has one thread:
 * threads that are started later inherit it. */
void child_block_signals(void);

/* Runs argv[0], found by PATH, with that environment and the signal mask `inherited`. Signals that
 * somebody sends to this process are sent on; those of the terminal reach the program by
 * themselves. When it has ended, processes it left behind are killed. *status is its exit status,
 * or 128 + the signal that killed it. MSIV2_CONFIG when it cannot be run; *status is then one of
 * the numbers above. */
MSIV2_MUST_USE enum msiv2_rc child_run(char *const *argv, char *const *environment,
                                       const sigset_t *inherited, int *status,
                                       struct msiv2_error *err);

#endif
