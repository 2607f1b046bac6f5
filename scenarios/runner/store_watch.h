/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The client's certificate store as files: what is there, and what a `store` step does to it. It
 * knows no client's format: an entry is a file that holds a certificate. */
#ifndef SCENARIOS_RUNNER_STORE_WATCH_H
#define SCENARIOS_RUNNER_STORE_WATCH_H

#include <stddef.h>

#include "common/err.h"
#include "common/json.h"
#include "common/own.h"

#define STORE_LOCKS_MAX 64

/* What is held until the end. */
struct store_locks {
	int fds[STORE_LOCKS_MAX];
	size_t count;
};

/* Lets go. */
void store_locks_free(struct store_locks *locks);
DEFINE_OWNED_VALUE(store_locks, store_locks_free)

/* The files of the folder as evidence.h lists them, sorted; an empty array when there is no folder.
 * *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc store_look(const char *dir, cJSON **out, struct msiv2_error *err);
/* Does one of the actions of docs/scenarios.md but forget_key, which is the device's. `certificate`
 * is the PEM of what plant plants. MSIV2_CONFIG when there was nothing to do it to. */
MSIV2_MUST_USE enum msiv2_rc store_change(const char *dir, const char *action,
                                          const char *certificate, struct store_locks *locks,
                                          struct msiv2_error *err);

#endif
