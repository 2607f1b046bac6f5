/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "virtual_clock.h"

static int64_t now_s(void *ctx)
{
	struct virtual_clock *clock = ctx;

	return clock->epoch_s + atomic_load(&clock->at_us) / CLOCK_US_PER_S;
}

static int64_t mono_us(void *ctx)
{
	struct virtual_clock *clock = ctx;

	return atomic_load(&clock->at_us);
}

static void wait_us(void *ctx, int64_t us)
{
	struct virtual_clock *clock = ctx;

	atomic_fetch_add(&clock->at_us, us);
	atomic_fetch_add(&clock->waited_us, us);
}

void virtual_clock_start(struct virtual_clock *clock)
{
	clock->clock = (struct msiv2_clock){
	        .now_s = now_s, .mono_us = mono_us, .wait_us = wait_us, .ctx = clock};
	atomic_init(&clock->at_us, 0);
	atomic_init(&clock->waited_us, 0);
	clock->epoch_s = clock_now_s(clock_system());
}

void virtual_clock_advance(struct virtual_clock *clock, int64_t seconds)
{
	atomic_fetch_add(&clock->at_us, seconds * CLOCK_US_PER_S);
}
