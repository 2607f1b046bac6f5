/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Talking to IMDS: platform metadata (META-01..07), issuance (ISSUE-01, ISSUE-05, ISSUE-06) and the
 * probe (META-08). Retries as NET-01; thread-safe.
 *
 * Errors carry the stage, the HTTP status, the service's code and words, and the correlation id. */
#ifndef REF_IMDS_H
#define REF_IMDS_H

#include <stdbool.h>

#include "common/err.h"
#include "errand.h"
#include "identity.h"
#include "issue.h"
#include "metadata.h"
#include "net/http.h"

struct imds {
	struct http_pool *pool;          /* borrowed; a direct one (NET-04) */
	const char *base;                /* borrowed: "http://host[:port]" (NET-06) */
	const struct identity *identity; /* borrowed */
};

/* Asks for the platform metadata. MSIV2_UNSUPPORTED when IMDS knows no such path (META-07),
 * MSIV2_IMDS_REFUSED for another status, MSIV2_IMDS_MALFORMED for a body or a Server header
 * (META-06) that is not IMDS's; transport and timeout as http_send(). *out is owned by the caller.
 */
MSIV2_MUST_USE enum msiv2_rc imds_metadata(const struct imds *imds, const struct errand *errand,
                                           struct metadata *out, struct msiv2_error *err);

/* Asks for a certificate for a CSR (base64, CSR-06); `bypass_cache` demands a new one (ISSUE-06).
 * `attestation_token` is a checked JWT, a secret, or NULL: the request goes unattested (ATT-02).
 * The answer is read, not judged: see issue_check(). Errors as imds_metadata(), never
 * MSIV2_UNSUPPORTED. *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc imds_issue(const struct imds *imds, const struct errand *errand,
                                        const char *csr_base64, const char *attestation_token,
                                        bool bypass_cache, struct issue *out,
                                        struct msiv2_error *err);

/* META-08: MSIV2_OK when this host speaks v2, MSIV2_UNSUPPORTED when it answers otherwise. */
MSIV2_MUST_USE enum msiv2_rc imds_probe(const struct imds *imds, const struct errand *errand,
                                        struct msiv2_error *err);

#endif
