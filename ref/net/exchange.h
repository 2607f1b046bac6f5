/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A request repeated as its retry policy says (NET-01, NET-02), within the caller's patience. */
#ifndef REF_NET_EXCHANGE_H
#define REF_NET_EXCHANGE_H

#include "common/err.h"
#include "common/log.h"
#include "http.h"
#include "retry.h"

/* Sends until an answer is final, and returns that answer whatever its status. When the next wait
 * would not end before the deadline the last answer is final: it says more than a timeout
 * would. Failures are those of http_send(), which are never repeated (NET-03), and MSIV2_TIMEOUT
 * when cancelled in a wait. */
MSIV2_MUST_USE enum msiv2_rc exchange_run(struct http_pool *pool,
                                          const struct http_request *request,
                                          enum retry_policy policy, const struct log *log,
                                          struct http_answer *answer, struct msiv2_error *err);

/* The pause between two tries, for an exchange of several requests that starts anew each time:
 * *again says whether it is worth it, and then the wait is over. Failures: MSIV2_TIMEOUT when
 * cancelled. */
MSIV2_MUST_USE enum msiv2_rc exchange_pause(const struct http_request *request,
                                            enum retry_policy policy, const struct log *log,
                                            const struct http_answer *answer,
                                            struct retry_history *history, bool *again,
                                            struct msiv2_error *err);

#endif
