/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Ending the connections of a listener from outside the web server, whose own way of stopping waits
 * for idle clients. */
#ifndef EMULATOR_HTTP_CONNECTIONS_H
#define EMULATOR_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Shuts down every TCP socket of this process whose own end is that address (as a listener was
 * bound to it: "0.0.0.0" and "::" are all) and port: accepted connections, and with `listening`
 * also the listening socket itself, so that nobody enters any more. Descriptors stay open and stay
 * their owner's. Safe against descriptors being closed and reused meanwhile: the check and the
 * shutdown are made on a duplicate. */
void connections_shutdown(const char *bind, uint16_t port, bool listening);
/* How many accepted connections the listener at that address has, served or not. */
size_t connections_count(const char *bind, uint16_t port);
/* Which of a listener's accepted connections may go. */
struct connections_idle {
	int64_t idle_ms; /* nothing was sent to the client for so long, nor is there unread from it
	                  */
	size_t most;     /* not more than so many */
	/* The one from that port stays; ctx is the struct's. */
	bool (*spared)(void *ctx, uint16_t peer_port);
	void *ctx;
};
/* Shuts down idle connections of the listener at that address; how many. As safe as
 * connections_shutdown(). */
size_t connections_shutdown_idle(const char *bind, uint16_t port,
                                 const struct connections_idle *idle);
/* A duplicate, which the caller closes, of the listener's accepted connection from that peer; -1
 * when there is none. */
int connections_duplicate(const char *bind, uint16_t port, const char *peer, uint16_t peer_port);

#endif
