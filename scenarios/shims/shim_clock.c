/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "shim_clock.h"

static int64_t read_field(struct shim_clock *clock, const int64_t *field)
{
	int64_t value;

	(void)pthread_mutex_lock(&clock->lock);
	value = *field;
	(void)pthread_mutex_unlock(&clock->lock);
	return value;
}

static int64_t moved_now_s(void *ctx)
{
	struct shim_clock *clock = ctx;
	int64_t offset_us = read_field(clock, &clock->offset_us);

	return clock_now_s(clock_system()) + offset_us / CLOCK_US_PER_S;
}

static int64_t moved_mono_us(void *ctx)
{
	struct shim_clock *clock = ctx;

	return clock_mono_us(clock_system()) + read_field(clock, &clock->waited_us);
}

/* Up to whole milliseconds, so that a client that waits a microsecond less than it means does not
 * come too early. */
static void announced_wait_us(void *ctx, int64_t wait_us)
{
	struct shim_clock *clock = ctx;
	int64_t waited_us;

	if (clock->channel == NULL || wait_us < SHIM_CLOCK_REAL_US) {
		clock_wait_us(clock_system(), wait_us);
		return;
	}
	waited_us = CLOCK_US_PER_MS * shim_channel_wait(clock->channel, (wait_us + CLOCK_US_PER_MS -
	                                                                 1) / CLOCK_US_PER_MS);
	(void)pthread_mutex_lock(&clock->lock);
	clock->offset_us += waited_us;
	clock->waited_us += waited_us;
	(void)pthread_mutex_unlock(&clock->lock);
}

void shim_clock_init(struct shim_clock *clock, struct shim_channel *channel)
{
	*clock = (struct shim_clock){.channel = channel,
	                             .lent = {.now_s = moved_now_s,
	                                      .mono_us = moved_mono_us,
	                                      .wait_us = announced_wait_us,
	                                      .ctx = clock}};
	(void)pthread_mutex_init(&clock->lock, NULL);
}

void shim_clock_set(struct shim_clock *clock, int64_t offset_s)
{
	(void)pthread_mutex_lock(&clock->lock);
	clock->offset_us = offset_s * CLOCK_US_PER_S;
	(void)pthread_mutex_unlock(&clock->lock);
}
