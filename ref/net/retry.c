/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "retry.h"

#include <stddef.h>

#include "common/clock.h"
#include "common/text.h"

#define STATUS_GONE     410
#define RETRY_MAX_WAITS 7

struct retry_statuses {
	int first;
	int last;
};

/* Rows end with {0, 0}. */
static const struct retry_statuses imds_statuses[] = {{404, 404}, {408, 408}, {410, 410},
                                                      {429, 429}, {500, 599}, {0, 0}};
static const struct retry_statuses probe_statuses[] = {
        {408, 408}, {410, 410}, {429, 429}, {500, 599}, {0, 0}};
static const struct retry_statuses token_statuses[] = {{500, 599}, {0, 0}};
static const struct retry_statuses attestation_statuses[] = {{429, 429}, {500, 599}, {0, 0}};

struct retry_row {
	const struct retry_statuses *statuses;
	int64_t waits_s[RETRY_MAX_WAITS]; /* ends with 0 */
	int64_t slow_s[RETRY_MAX_WAITS];  /* the same, when the first answer was 410 */
	bool retry_after_stops;           /* NET-02; otherwise it is the least wait (NET-01) */
};

static const struct retry_row retry_rows[RETRY_POLICY_COUNT] = {
        [RETRY_IMDS] = {.statuses = imds_statuses,
                        .waits_s = {1, 2, 4},
                        .slow_s = {10, 10, 10, 10, 10, 10, 10}},
        [RETRY_PROBE] = {.statuses = probe_statuses,
                         .waits_s = {1, 2, 4},
                         .slow_s = {10, 10, 10, 10, 10, 10, 10}},
        [RETRY_TOKEN] = {.statuses = token_statuses, .waits_s = {1}, .retry_after_stops = true},
        [RETRY_ATTESTATION] = {.statuses = attestation_statuses, .waits_s = {1, 2, 4}},
};

static bool status_listed(const struct retry_statuses *row, int status)
{
	for (; row->first != 0; row++) {
		if (status >= row->first && status <= row->last)
			return true;
	}
	return false;
}

int64_t retry_next_us(enum retry_policy policy, struct retry_history *history, int status,
                      int64_t retry_after_s)
{
	const struct retry_row *row = &retry_rows[policy];
	int64_t wait_s;

	if (!status_listed(row->statuses, status))
		return RETRY_STOP;
	if (row->retry_after_stops && retry_after_s != RETRY_NO_RETRY_AFTER)
		return RETRY_STOP;
	if (history->retries == 0)
		history->slow = status == STATUS_GONE;
	if (history->retries >= RETRY_MAX_WAITS)
		return RETRY_STOP;
	wait_s = (history->slow ? row->slow_s : row->waits_s)[history->retries];
	if (wait_s == 0)
		return RETRY_STOP;
	history->retries++;
	wait_s = retry_after_s > wait_s ? retry_after_s : wait_s;
	if (wait_s > CLOCK_NEVER / CLOCK_US_PER_S)
		return CLOCK_NEVER;
	return wait_s * CLOCK_US_PER_S;
}
