/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* When to ask again (NET-01, NET-02, NET-03): a pure function from what was answered so far to the
 * next wait. Who waits, and whether there is time for it, is the caller's business. */
#ifndef REF_NET_RETRY_H
#define REF_NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum retry_policy {
	RETRY_IMDS,        /* NET-01: metadata and issuance */
	RETRY_PROBE,       /* NET-01: as IMDS, but 404 is an answer (META-08) */
	RETRY_TOKEN,       /* NET-02 */
	RETRY_ATTESTATION, /* HOUSE: the attestation service, as IMDS but 429 and 5xx only */
	RETRY_POLICY_COUNT
};

/* What happened so far in one exchange; all zero before the first answer. */
struct retry_history {
	int retries; /* waits granted so far */
	bool slow;   /* the first answer was 410: IMDS is being updated */
};

#define RETRY_STOP           (-1)
#define RETRY_NO_RETRY_AFTER (-1)

/* Microseconds to wait before asking again, or RETRY_STOP: `status` is final. `retry_after_s` is
 * the answer's Retry-After in seconds, or RETRY_NO_RETRY_AFTER. IMDS and the attestation service
 * are waited for at least that long; the token service is not asked again when it names a time.
 * Updates the history. */
int64_t retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                      int64_t retry_after_s);

#endif
