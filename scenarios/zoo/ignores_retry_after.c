/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: comes back sooner than it was told (NET-01). */

#include "ref/net/retry.h"

int64_t __real_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s);
int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s);

int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s)
{
	(void)retry_after_s;
	return __real_retry_next_us(policy, history, status, RETRY_NO_RETRY_AFTER);
}
