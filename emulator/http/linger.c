/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "linger.h"

#include <poll.h>

#include "common/clock.h"

#define SLICE_US (10 * CLOCK_US_PER_MS)

static bool has_ended(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLRDHUP};

	return fd < 0 || poll(&look, 1, 0) > 0;
}

bool linger(int fd, int64_t wait_ms)
{
	const struct msiv2_clock *clock = clock_system();
	int64_t deadline_us = clock_deadline_us(clock, wait_ms < 0 ? 0 : wait_ms);

	while (!has_ended(fd)) {
		int64_t left_us = clock_left_us(clock, deadline_us);

		if (left_us <= 0)
			return true;
		clock_wait_us(clock, left_us < SLICE_US ? left_us : SLICE_US);
	}
	return false;
}
