/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Letting a client wait on purpose: through the clock, in slices, so that a wait ends as soon as
 * the connection does. That is when the client closes it, or only stops sending; when the door
 * sends it away because others need its thread; and when the server stops, which shuts down all of
 * them. */
#ifndef EMULATOR_HTTP_LINGER_H
#define EMULATOR_HTTP_LINGER_H

#include <stdbool.h>
#include <stdint.h>

/* Waits for wait_ms; false when the connection ended before, or is not known (fd < 0). */
bool linger(int fd, int64_t wait_ms);

#endif
