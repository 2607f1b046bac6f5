/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Asking the token service for a token over mTLS (STS-01..04). Retries as NET-02; thread-safe. */
#ifndef REF_STS_H
#define REF_STS_H

#include <stdbool.h>
#include <stddef.h>

#include "binding.h"
#include "common/bytes.h"
#include "common/err.h"
#include "errand.h"
#include "include/msiv2.h"
#include "token_answer.h"

struct sts_request {
	const struct binding *binding;
	const char *resource;
	enum msiv2_token_type type;
	const char *claims; /* NULL = none */
};

/* Whether a failure is the certificate's (STS-05). */
struct sts_refusal {
	bool certificate; /* drop it; a new one may help */
	bool may_repeat;  /* and again, beyond the first time */
};

/* MSIV2_OK with a token (STS-03); MSIV2_STS_REFUSED with status, code and the service's words
 * (STS-04); MSIV2_STS_MALFORMED; transport, timeout and key errors as http_send(). *refusal tells
 * what a failure means for the certificate. *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc sts_token(const struct sts_request *request,
                                       const struct errand *errand, struct token_answer *out,
                                       struct sts_refusal *refusal, struct msiv2_error *err);

/* How much of a resource's text names it: without "/.default" and slashes at the end, so that
 * "https://a", "https://a/" and "https://a/.default" are one resource, one scope, one cache entry.
 */
size_t sts_resource_len(const char *resource);
/* Appends the scope of a resource: exactly one "/.default" at its end (STS-02). */
void sts_add_scope(struct bytes *out, const char *resource);

#endif
