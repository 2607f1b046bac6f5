/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The program's standard streams, when they may be closed or broken. */
#ifndef EMULATOR_CLI_STREAMS_H
#define EMULATOR_CLI_STREAMS_H

#include <stddef.h>

#include "common/bytes.h"
#include "common/err.h"

/* Fills closed standard descriptors with ones that fail, so that no socket ever becomes stdout. */
void streams_init(void);
/* Writes everything; MSIV2_INTERNAL naming `where` when that is not possible. */
MSIV2_MUST_USE enum msiv2_rc streams_write(int fd, const char *where, const void *data, size_t len,
                                           struct msiv2_error *err);
/* Appends what a descriptor has until its end or the first newline, at most max_len bytes. */
MSIV2_MUST_USE enum msiv2_rc streams_read_line(int fd, const char *where, size_t max_len,
                                               struct bytes *out, struct msiv2_error *err);
/* Writes "msiv2-emulator: where: message" to stderr, in one piece. */
void streams_complain(const char *where, const char *message);

#endif
