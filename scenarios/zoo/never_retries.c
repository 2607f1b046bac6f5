/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gives up at the first failure (NET-01). */

#include "ref/net/retry.h"

int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s);

int64_t __wrap_retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                             int64_t retry_after_s)
{
	(void)policy;
	(void)history;
	(void)status;
	(void)retry_after_s;
	return RETRY_STOP;
}
