/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The clock seam: the only file that asks the system for the time or waits. Everything else holds
 * a `const struct msiv2_clock *`. A deadline is a point on the monotonic axis. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/msiv2_base.h"

#define CLOCK_US_PER_S  INT64_C(1000000)
#define CLOCK_US_PER_MS INT64_C(1000)

/* The system's clocks. */
const struct msiv2_clock *clock_system(void);

/* Wall time in seconds since 1970. */
int64_t clock_now_s(const struct msiv2_clock *clock);
/* Monotonic microseconds. */
int64_t clock_mono_us(const struct msiv2_clock *clock);
/* Waits; returns at once when wait_us <= 0. */
void clock_wait_us(const struct msiv2_clock *clock, int64_t wait_us);

/* A deadline `timeout_ms` from now; timeout_ms < 0 means never (CLOCK_NEVER). Saturates. */
#define CLOCK_NEVER INT64_MAX
int64_t clock_deadline_us(const struct msiv2_clock *clock, int64_t timeout_ms);
/* Microseconds left, at least 0; CLOCK_NEVER when there is no deadline. */
int64_t clock_left_us(const struct msiv2_clock *clock, int64_t deadline_us);

/* "2026-11-21T03:00:00Z" into out (at least 21 bytes); "?" when out of range. */
#define CLOCK_TEXT_SIZE 32
void clock_format_utc(int64_t time_s, char out[CLOCK_TEXT_SIZE]);
/* The same as HTTP writes it (RFC 9110 5.6.7): "Sat, 21 Nov 2026 03:00:00 GMT". */
void clock_format_http(int64_t time_s, char out[CLOCK_TEXT_SIZE]);

#endif
