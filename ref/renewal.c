/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "renewal.h"

#include "common/clock.h"
#include "common/text.h"

static int64_t half_of(int64_t not_before_s, int64_t not_after_s)
{
	return not_before_s + (not_after_s - not_before_s) / 2;
}

static int64_t stale_from(int64_t not_before_s, int64_t not_after_s)
{
	(void)not_before_s;
	return not_after_s - RENEWAL_STALE_LEFT_S;
}

/* The first row whose moment has come tells. */
static const struct {
	enum renewal_age age;
	int64_t (*from_s)(int64_t not_before_s, int64_t not_after_s);
} ages[] = {
        {RENEWAL_STALE, stale_from}, /* STORE-05: exactly 24 h left count */
        {RENEWAL_DUE, half_of},      /* LIFE-02 */
};

const char *renewal_age_name(enum renewal_age age)
{
	static const char *const names[] = {
	        [RENEWAL_FRESH] = "fresh", [RENEWAL_DUE] = "due", [RENEWAL_STALE] = "stale"};

	return names[age];
}

enum renewal_age renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s)
{
	for (size_t i = 0; i < TEXT_COUNT(ages); i++) {
		if (now_s >= ages[i].from_s(not_before_s, not_after_s))
			return ages[i].age;
	}
	return RENEWAL_FRESH;
}

int64_t renewal_due_at_s(int64_t not_before_s, int64_t not_after_s)
{
	int64_t half_s = half_of(not_before_s, not_after_s);
	int64_t stale_s = stale_from(not_before_s, not_after_s);

	return half_s < stale_s ? half_s : stale_s;
}

/* HOUSE: a short trouble costs a minute, a long one does not cost every caller a try. */
static const int64_t pauses_s[] = {60, 300, 900, RENEWAL_PAUSE_LONGEST};

int64_t renewal_pause_s(unsigned count, uint64_t jitter)
{
	size_t row = count > 0 ? count - 1 : 0;
	int64_t pause_s = pauses_s[row < TEXT_COUNT(pauses_s) ? row : TEXT_COUNT(pauses_s) - 1];

	return pause_s - (int64_t)(jitter % ((uint64_t)pause_s / 2 + 1));
}

void renewal_tried(struct renewal_tries *tries, int64_t now_s, int64_t mono_us, uint64_t jitter)
{
	if (tries->count < TEXT_COUNT(pauses_s))
		tries->count++;
	tries->last_s = now_s;
	tries->last_us = mono_us;
	tries->pause_s = renewal_pause_s(tries->count, jitter);
}

bool renewal_may_try(const struct renewal_tries *tries, int64_t now_s, int64_t mono_us)
{
	if (tries->count == 0)
		return true;
	return now_s - tries->last_s >= tries->pause_s ||
	       mono_us - tries->last_us >= tries->pause_s * CLOCK_US_PER_S;
}

int64_t renewal_budget_us(int64_t left_us)
{
	return left_us / 2 < RENEWAL_LONGEST_US ? left_us / 2 : RENEWAL_LONGEST_US;
}
