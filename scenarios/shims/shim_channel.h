/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The lines between a shim and its runner (docs/shim.md): JSON objects, one per line, in on one
 * stream and out on another. The main thread reads commands and writes replies; while a command
 * runs, its threads announce their waits, one at a time. */
#ifndef SCENARIOS_SHIMS_SHIM_CHANNEL_H
#define SCENARIOS_SHIMS_SHIM_CHANNEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/bytes.h"
#include "common/json.h"

#define SHIM_LINE_MAX ((size_t)1024 * 1024)

struct shim_channel {
	pthread_mutex_t lock;
	FILE *in;   /* borrowed */
	FILE *out;  /* borrowed */
	bool ended; /* the runner is gone, or breaks the protocol: nothing more is read */
};

/* Begins with both streams open. */
void shim_channel_init(struct shim_channel *channel, FILE *in, FILE *out);
/* Reads one line without its newline into `line`, which is cleared first. False at the end of the
 * input and for a line longer than SHIM_LINE_MAX, which ends it. */
MSIV2_MUST_USE bool shim_channel_read(struct shim_channel *channel, struct bytes *line);
/* Writes one line and flushes. A runner that no longer reads ends the channel. */
void shim_channel_write(struct shim_channel *channel, const cJSON *tree);
/* Announces a wait of wait_ms and blocks until the runner says how long the world has waited, which
 * is returned. The whole wait when the channel has ended: nobody is left to wait for. Thread-safe.
 */
int64_t shim_channel_wait(struct shim_channel *channel, int64_t wait_ms);

#endif
