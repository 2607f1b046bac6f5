/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The wish that a run ends early: said once, by a signal handler or a thread, and heard by whoever
 * waits. It is never taken back. */
#ifndef SCENARIOS_RUNNER_STOP_H
#define SCENARIOS_RUNNER_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/err.h"

struct stop {
	atomic_bool asked;
	int fd; /* becomes readable, and stays so */
};

/* Makes it. MSIV2_INTERNAL when the system has no descriptors left. */
MSIV2_MUST_USE enum msiv2_rc stop_open(struct stop *stop, struct msiv2_error *err);
/* Says it; for signal handlers, too: errno is kept. */
void stop_ask(struct stop *stop);
/* It was said. Never, for NULL. */
bool stop_asked(const struct stop *stop);
/* What poll() waits for; -1, which poll() leaves out, for NULL. */
int stop_fd(const struct stop *stop);
/* Closes it. */
void stop_close(struct stop *stop);

#endif
