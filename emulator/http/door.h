/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Who holds a listener's worker threads, so that slow and silent clients cannot keep honest ones
 * out. Each thread serves one connection at a time. When every thread has one while others wait at
 * the door, as many connections as wait have to go: such as were sent nothing for DOOR_GRACE_MS and
 * have not sent a whole request either. Connections whose request is being answered stay. While
 * there is room nobody is hurried: the listener's own time limit holds. */
#ifndef EMULATOR_HTTP_DOOR_H
#define EMULATOR_HTTP_DOOR_H

#include <stddef.h>
#include <stdint.h>

#include "common/log.h"
#include "common/own.h"

#define DOOR_GRACE_MS 100

struct door;

/* A door with `seats` threads behind it; NULL when memory is out. `log` is copied. */
struct door *door_new(size_t seats, const struct log *log);
/* Frees; every worker thread must be gone. NULL is allowed. */
void door_free(struct door *door);
DEFINE_OWNED_STRUCT(door, door_free)

/* Where the listener is, once that is known; `bind` is borrowed. Nobody is sent away before. */
void door_open(struct door *door, const char *bind, uint16_t port);
/* Nobody is sent away any more; waits for the watchman. */
void door_close(struct door *door);

/* Gives the calling worker thread a seat, when there is one left. The functions below are about the
 * seat of the thread that calls them; without one they do nothing. */
void door_take_seat(struct door *door);
/* The thread has a connection; it waits for a handshake or a request. */
void door_arrived(void);
/* The thread answers the whole request of the connection from that port. */
void door_serving(uint16_t peer_port);
/* The answer is written; the thread waits for the next request. */
void door_served(void);
/* The connection is gone. */
void door_left(void);

#endif
