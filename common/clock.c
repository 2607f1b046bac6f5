/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t system_now_s(void *ctx)
{
	(void)ctx;
	return (int64_t)time(NULL);
}

static int64_t system_mono_us(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
}

static void system_wait_us(void *ctx, int64_t wait_us)
{
	struct timespec ts = {.tv_sec = wait_us / CLOCK_US_PER_S,
	                      .tv_nsec = wait_us % CLOCK_US_PER_S * 1000};

	(void)ctx;
	(void)nanosleep(&ts, NULL);
}

const struct msiv2_clock *clock_system(void)
{
	static const struct msiv2_clock system_clock = {
	        .now_s = system_now_s,
	        .mono_us = system_mono_us,
	        .wait_us = system_wait_us,
	};

	return &system_clock;
}

int64_t clock_now_s(const struct msiv2_clock *clock)
{
	return clock->now_s(clock->ctx);
}

int64_t clock_mono_us(const struct msiv2_clock *clock)
{
	return clock->mono_us(clock->ctx);
}

void clock_wait_us(const struct msiv2_clock *clock, int64_t wait_us)
{
	if (wait_us > 0)
		clock->wait_us(clock->ctx, wait_us);
}

int64_t clock_deadline_us(const struct msiv2_clock *clock, int64_t timeout_ms)
{
	int64_t now = clock_mono_us(clock);

	if (timeout_ms < 0 || timeout_ms > (CLOCK_NEVER - now) / CLOCK_US_PER_MS)
		return CLOCK_NEVER;
	return now + timeout_ms * CLOCK_US_PER_MS;
}

int64_t clock_left_us(const struct msiv2_clock *clock, int64_t deadline_us)
{
	int64_t now;

	if (deadline_us == CLOCK_NEVER)
		return CLOCK_NEVER;
	now = clock_mono_us(clock);
	return deadline_us > now ? deadline_us - now : 0;
}

void clock_format_utc(int64_t time_s, char out[CLOCK_TEXT_SIZE])
{
	time_t t = (time_t)time_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 8099 ||
	    strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, CLOCK_TEXT_SIZE, "?");
}

void clock_format_http(int64_t time_s, char out[CLOCK_TEXT_SIZE])
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t time = (time_t)time_s;
	struct tm tm;
	int len = -1;

	/* Not strftime(): its words are the locale's. */
	if (gmtime_r(&time, &tm) != NULL)
		len = snprintf(out, CLOCK_TEXT_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		               days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		               tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (len < 0 || len >= CLOCK_TEXT_SIZE)
		(void)snprintf(out, CLOCK_TEXT_SIZE, "?");
}
