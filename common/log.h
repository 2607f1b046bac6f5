/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Log lines go to the caller's callback. A `struct log` is a value; `{0}` is silent. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include "include/msiv2_base.h"

struct log {
	msiv2_log_fn write; /* NULL = silent */
	void *ctx;
	enum msiv2_log_level level; /* lines above it are dropped before formatting */
};

/* Formats one line (cut at 1000 bytes, control characters shown as '?') and hands it over.
 * Never pass a token or a key (SEC-01). */
void log_line(const struct log *log, enum msiv2_log_level level, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

#endif
