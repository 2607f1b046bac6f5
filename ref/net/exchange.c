/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "exchange.h"

#include <inttypes.h>

#include "common/clock.h"

enum msiv2_rc exchange_pause(const struct http_request *request, enum retry_policy policy,
                             const struct log *log, const struct http_answer *answer,
                             struct retry_history *history, bool *again, struct msiv2_error *err)
{
	const struct patience *patience = request->patience;
	int64_t retry_after_s = http_answer_retry_after_s(answer, clock_now_s(patience->clock));
	int64_t wait_us = retry_next_us(policy, history, answer->status, retry_after_s);

	*again = false;
	if (wait_us == RETRY_STOP)
		return MSIV2_OK;
	if (!patience_covers(patience, wait_us)) {
		log_line(log, MSIV2_LOG_WARN,
		         "%s: HTTP %d, no time to wait %" PRId64 " ms for a retry", request->where,
		         answer->status, wait_us / CLOCK_US_PER_MS);
		return MSIV2_OK;
	}
	log_line(log, MSIV2_LOG_WARN, "%s: HTTP %d, retry %d in %" PRId64 " ms", request->where,
	         answer->status, history->retries, wait_us / CLOCK_US_PER_MS);
	TRY(patience_wait(patience, wait_us, request->where, err));
	*again = true;
	return MSIV2_OK;
}

enum msiv2_rc exchange_run(struct http_pool *pool, const struct http_request *request,
                           enum retry_policy policy, const struct log *log,
                           struct http_answer *answer, struct msiv2_error *err)
{
	struct retry_history history = {0};
	bool again = true;

	while (again) {
		TRY(http_send(pool, request, answer, err));
		log_line(log, MSIV2_LOG_DEBUG, "%s: HTTP %d", request->where, answer->status);
		TRY(exchange_pause(request, policy, log, answer, &history, &again, err));
	}
	return MSIV2_OK;
}
