/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gives up at the first failure of the token service (NET-02). */

#include "ref/net/retry.h"

int64_t __real_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s);
int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s);

int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s)
{
	return policy == RETRY_TOKEN ? RETRY_STOP
	                             : __real_retry_next_us(policy, history, status, retry_after_s);
}
