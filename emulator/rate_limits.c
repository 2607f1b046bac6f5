/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "rate_limits.h"

#include <pthread.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"

#define WHERE "rate limits"

/* What is known of one host. */
struct meter {
	struct meter *next;
	char *host;
	int64_t under_way;
	int64_t taken_us[RATE_MAX]; /* when the latest were taken: a ring */
	size_t taken; /* how many ever; the ring's next place is that modulo its size */
};

struct rate_limits {
	pthread_mutex_t lock;
	struct meter *meters;
};

enum msiv2_rc rate_limits_new(struct rate_limits **out, struct msiv2_error *err)
{
	*out = mem_alloc(sizeof(**out));
	if (!*out)
		return err_no_memory(err, WHERE);
	pthread_mutex_init(&(*out)->lock, NULL);
	return MSIV2_OK;
}

static void free_meter(struct meter *meter)
{
	mem_free(meter->host);
	mem_free(meter);
}

void rate_limits_free(struct rate_limits *limits)
{
	if (!limits)
		return;
	while (limits->meters) {
		struct meter *meter = limits->meters;

		limits->meters = meter->next;
		free_meter(meter);
	}
	pthread_mutex_destroy(&limits->lock);
	mem_free(limits);
}

static struct meter *find_meter(struct rate_limits *limits, const char *host)
{
	struct meter *meter = limits->meters;

	while (meter && !text_equal(meter->host, host))
		meter = meter->next;
	return meter;
}

/* When the request before the last `back - 1` was taken; false when there were fewer. */
static bool taken_before(const struct meter *meter, int64_t back, int64_t *mono_us)
{
	if (meter->taken < (size_t)back)
		return false;
	*mono_us = meter->taken_us[(meter->taken - (size_t)back) % RATE_MAX];
	return true;
}

/* Nothing is under way and nothing of the last second counts: hosts that were removed. */
static bool is_idle(const struct meter *meter, int64_t mono_us)
{
	int64_t last_us = 0;

	return meter->under_way == 0 &&
	       (!taken_before(meter, 1, &last_us) || mono_us - last_us >= CLOCK_US_PER_S);
}

static void drop_idle(struct rate_limits *limits, int64_t mono_us)
{
	struct meter **link = &limits->meters;

	while (*link) {
		struct meter *meter = *link;

		if (!is_idle(meter, mono_us)) {
			link = &meter->next;
			continue;
		}
		*link = meter->next;
		free_meter(meter);
	}
}

static struct meter *add_meter(struct rate_limits *limits, const char *host, int64_t mono_us)
{
	struct meter *meter;

	drop_idle(limits, mono_us);
	meter = mem_alloc(sizeof(*meter));
	if (!meter)
		return NULL;
	meter->host = mem_strdup(host);
	if (!meter->host) {
		mem_free(meter);
		return NULL;
	}
	meter->next = limits->meters;
	limits->meters = meter;
	return meter;
}

static enum rate_verdict take(struct meter *meter, const struct rate_limit *limit, int64_t mono_us)
{
	int64_t before_us = 0;

	if (meter->under_way >= limit->concurrent)
		return RATE_TOO_MANY;
	if (taken_before(meter, limit->requests_per_s, &before_us) &&
	    mono_us - before_us < CLOCK_US_PER_S)
		return RATE_TOO_FAST;
	meter->taken_us[meter->taken++ % RATE_MAX] = mono_us;
	meter->under_way++;
	return RATE_TAKEN;
}

enum rate_verdict rate_limits_begin(struct rate_limits *limits, const char *host,
                                    const struct rate_limit *limit, int64_t mono_us)
{
	enum rate_verdict verdict = RATE_OUT_OF_ROOM;
	struct meter *meter;

	pthread_mutex_lock(&limits->lock);
	meter = find_meter(limits, host);
	if (!meter)
		meter = add_meter(limits, host, mono_us);
	if (meter)
		verdict = take(meter, limit, mono_us);
	pthread_mutex_unlock(&limits->lock);
	return verdict;
}

void rate_limits_end(struct rate_limits *limits, const char *host)
{
	struct meter *meter;

	pthread_mutex_lock(&limits->lock);
	meter = find_meter(limits, host);
	if (meter)
		meter->under_way--;
	pthread_mutex_unlock(&limits->lock);
}
