/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Sends an answer the way its plan (struct http_wire) says: late, in drops, cut, followed by a
 * reset, replaced by garbage, or never. Knows nothing of the web server. */
#ifndef EMULATOR_HTTP_SPOIL_H
#define EMULATOR_HTTP_SPOIL_H

#include <stdbool.h>
#include <stddef.h>

#include "exchange.h"

/* The connection. */
struct spoil_line {
	int fd;              /* its socket, borrowed; -1 = not known: nothing waits or is cut */
	int64_t patience_ms; /* the longest silence */
	/* Sends through whatever lies over the socket. */
	void (*send)(void *ctx, const void *data, size_t len);
	void *ctx;
};

/* The plan changes how the answer is sent. */
bool spoil_is_planned(const struct http_wire *wire);
/* Sends the answer. The connection cannot go on when this is false. */
bool spoil_send(const struct spoil_line *line, const struct http_wire *wire, const void *data,
                size_t len);
/* Sends the TCP reset of a connection, at once. */
void spoil_reset(int fd);
/* Ends a connection without a word of TLS. */
void spoil_cut(int fd);

#endif
