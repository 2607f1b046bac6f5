/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "spoil.h"

#include <sys/socket.h>

#include "door.h"
#include "linger.h"

bool spoil_is_planned(const struct http_wire *wire)
{
	return wire->delay_ms > 0 || wire->silent || wire->garbage.len > 0 ||
	       wire->drip_bytes > 0 || wire->end != HTTP_END_WELL;
}

void spoil_reset(int fd)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	/* Disconnecting sends a reset whatever others still do with the socket. Closing it with
	 * SO_LINGER 0 would not: the web server holds it too, and says FIN first. */
	if (fd >= 0)
		(void)connect(fd, &nowhere, sizeof(nowhere));
}

void spoil_cut(int fd)
{
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
}

/* Sends all of it in drops; false when the client left meanwhile. */
static bool drip(const struct spoil_line *line, const struct http_wire *wire, const char *data,
                 size_t len)
{
	size_t step = wire->drip_bytes > 0 ? (size_t)wire->drip_bytes : len;

	for (size_t at = 0; at < len; at += step) {
		if (at > 0 && !linger(line->fd, wire->drip_ms))
			return false;
		line->send(line->ctx, data + at, len - at < step ? len - at : step);
	}
	return true;
}

/* Nothing is served meanwhile: the door may give the thread to somebody else. */
static void keep_silent(const struct spoil_line *line, int64_t silent_ms)
{
	door_served();
	(void)linger(line->fd, silent_ms > 0 ? silent_ms : line->patience_ms);
	spoil_cut(line->fd);
}

bool spoil_send(const struct spoil_line *line, const struct http_wire *wire, const void *data,
                size_t len)
{
	if (wire->delay_ms > 0 && !linger(line->fd, wire->delay_ms))
		return false;
	if (wire->silent) {
		keep_silent(line, wire->silent_ms);
		return false;
	}
	if (wire->garbage.len > 0) {
		line->send(line->ctx, wire->garbage.data, wire->garbage.len);
		spoil_cut(line->fd);
		return false;
	}
	if (wire->end != HTTP_END_WELL && wire->end_after < len)
		len = wire->end_after;
	if (!drip(line, wire, data, len))
		return false;
	if (wire->end == HTTP_END_CUT)
		spoil_cut(line->fd);
	if (wire->end == HTTP_END_RESET)
		spoil_reset(line->fd);
	return wire->end == HTTP_END_WELL;
}
