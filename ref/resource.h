/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Calling a protected resource with a token and the certificate it is bound to (RES-01), and the
 * public response object. Never retried: only the caller knows what repeating a call means. */
#ifndef REF_RESOURCE_H
#define REF_RESOURCE_H

#include "common/err.h"
#include "common/own.h"
#include "credential.h"
#include "errand.h"
#include "include/msiv2.h"
#include "token.h"

DEFINE_OWNED_STRUCT(msiv2_response, msiv2_response_free)

/* Checks URL (https) and method (an RFC 9110 token) of a call. MSIV2_CONFIG otherwise. */
MSIV2_MUST_USE enum msiv2_rc resource_check(const struct msiv2_call *call, struct msiv2_error *err);

/* Calls; any HTTP status is MSIV2_OK. Takes over `token`, also on failure: the response hands it
 * out. Failures are those of http_send(), an improper answer being MSIV2_TRANSPORT. */
MSIV2_MUST_USE enum msiv2_rc resource_call(const struct msiv2_call *call,
                                           const struct credential *credential,
                                           const struct errand *errand, struct msiv2_token *token,
                                           struct msiv2_response **out, struct msiv2_error *err);

#endif
