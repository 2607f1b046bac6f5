/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "world_clock.h"

#define WHERE "clock"

/* What the base clock contributes; the lock is held. */
static int64_t base_s(const struct world_clock *clock)
{
	return clock->frozen ? clock->frozen_base_s : clock_now_s(clock->base);
}

/* base + offset within the range; the lock is held. */
static int64_t now_locked(const struct world_clock *clock)
{
	int64_t now_s = 0;

	if (__builtin_add_overflow(base_s(clock), clock->offset_s, &now_s))
		return clock->offset_s < 0 ? 0 : WORLD_CLOCK_MAX_S;
	if (now_s < 0)
		return 0;
	return now_s > WORLD_CLOCK_MAX_S ? WORLD_CLOCK_MAX_S : now_s;
}

static int64_t view_now_s(void *ctx)
{
	return world_clock_now_s(ctx);
}

static int64_t view_mono_us(void *ctx)
{
	const struct world_clock *clock = ctx;

	return clock_mono_us(clock->base);
}

static void view_wait_us(void *ctx, int64_t wait_us)
{
	struct world_clock *clock = ctx;

	if (!world_clock_look(clock).frozen)
		clock_wait_us(clock->base, wait_us);
}

void world_clock_init(struct world_clock *clock, const struct msiv2_clock *base, int64_t offset_s,
                      bool frozen)
{
	*clock = (struct world_clock){
	        .base = base,
	        .start_offset_s = offset_s,
	        .start_frozen = frozen,
	        .view = {view_now_s, view_mono_us, view_wait_us, clock},
	};
	pthread_mutex_init(&clock->lock, NULL);
	world_clock_reset(clock);
}

void world_clock_free(struct world_clock *clock)
{
	pthread_mutex_destroy(&clock->lock);
}

struct world_clock_state world_clock_look(struct world_clock *clock)
{
	struct world_clock_state state;

	pthread_mutex_lock(&clock->lock);
	state.now_s = now_locked(clock);
	state.offset_s = state.now_s - clock_now_s(clock->base);
	state.frozen = clock->frozen;
	pthread_mutex_unlock(&clock->lock);
	return state;
}

int64_t world_clock_now_s(struct world_clock *clock)
{
	return world_clock_look(clock).now_s;
}

/* Makes now_s the time; the lock is held. */
static enum msiv2_rc set_locked(struct world_clock *clock, int64_t now_s, struct msiv2_error *err)
{
	if (now_s < 0 || now_s > WORLD_CLOCK_MAX_S)
		return err_set(err, MSIV2_CONFIG, WHERE, "world time stays in 1970..9999");
	clock->offset_s = now_s - base_s(clock);
	return MSIV2_OK;
}

enum msiv2_rc world_clock_advance(struct world_clock *clock, int64_t delta_s,
                                  struct msiv2_error *err)
{
	enum msiv2_rc rc;
	int64_t now_s = -1;

	pthread_mutex_lock(&clock->lock);
	if (__builtin_add_overflow(now_locked(clock), delta_s, &now_s))
		now_s = -1;
	rc = set_locked(clock, now_s, err);
	pthread_mutex_unlock(&clock->lock);
	return rc;
}

enum msiv2_rc world_clock_set(struct world_clock *clock, int64_t now_s, struct msiv2_error *err)
{
	enum msiv2_rc rc;

	pthread_mutex_lock(&clock->lock);
	rc = set_locked(clock, now_s, err);
	pthread_mutex_unlock(&clock->lock);
	return rc;
}

void world_clock_freeze(struct world_clock *clock, bool frozen)
{
	pthread_mutex_lock(&clock->lock);
	if (frozen && !clock->frozen) {
		clock->frozen_base_s = clock_now_s(clock->base);
		clock->frozen = true;
	} else if (!frozen && clock->frozen) {
		clock->offset_s += clock->frozen_base_s - clock_now_s(clock->base);
		clock->frozen = false;
	}
	pthread_mutex_unlock(&clock->lock);
}

void world_clock_reset(struct world_clock *clock)
{
	pthread_mutex_lock(&clock->lock);
	clock->offset_s = clock->start_offset_s;
	clock->frozen = clock->start_frozen;
	clock->frozen_base_s = clock_now_s(clock->base);
	pthread_mutex_unlock(&clock->lock);
}

const struct msiv2_clock *world_clock_view(struct world_clock *clock)
{
	return &clock->view;
}
