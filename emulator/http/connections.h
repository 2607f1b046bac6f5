/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Ending the connections of a listener from outside the web server, whose own way of stopping waits
 * for idle clients. */
#ifndef EMULATOR_HTTP_CONNECTIONS_H
#define EMULATOR_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Shuts down every TCP socket of this process whose own end is that address (as a listener was
 * bound to it: "0.0.0.0" and "::" are all) and port: accepted connections, and with `listening`
 * also the listening socket itself, so that nobody enters any more. Descriptors stay open and stay
 * their owner's. Safe against descriptors being closed and reused meanwhile: the check and the
 * shutdown are made on a duplicate. */
void connections_shutdown(const char *bind, uint16_t port, bool listening);

#endif
