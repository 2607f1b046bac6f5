/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: never stops asking (NET-01). */

#include "common/clock.h"
#include "ref/net/retry.h"

int64_t __real_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s);
int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s);

int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s)
{
	int64_t wait_us = __real_retry_next_us(policy, history, status, retry_after_s);

	return wait_us == RETRY_STOP && status >= 500 ? CLOCK_US_PER_S : wait_us;
}
