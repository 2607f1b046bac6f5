/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* When a certificate is renewed (LIFE-01, LIFE-02, STORE-05), as pure functions of its validity,
 * the time and what was tried before. Wall time is in seconds since 1970, monotonic time in
 * microseconds. */
#ifndef REF_RENEWAL_H
#define REF_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#define RENEWAL_STALE_LEFT_S  (INT64_C(24) * 60 * 60) /* STORE-05 */
#define RENEWAL_LONGEST_US    INT64_C(10000000)       /* HOUSE: a try takes no longer */
#define RENEWAL_PAUSE_LONGEST 3600                    /* HOUSE: seconds */

enum renewal_age {
	RENEWAL_FRESH, /* used, nothing else to do */
	RENEWAL_DUE,   /* half of its lifetime or more is over: used, and a new one is tried for */
	RENEWAL_STALE, /* 24 h or less left: not used any more */
};

/* "fresh", "due", "stale". */
const char *renewal_age_name(enum renewal_age age);

/* How old a certificate is. Before its notBefore it is fresh: when a clock was set back, the
 * services judge by theirs. */
enum renewal_age renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s);
/* When it becomes due: the middle of its validity, or sooner when it is stale before that. */
int64_t renewal_due_at_s(int64_t not_before_s, int64_t not_after_s);

/* What was tried so far. All zero = nothing. */
struct renewal_tries {
	unsigned count;  /* in a row without a certificate that is fresh */
	int64_t last_s;  /* wall time of the last one */
	int64_t last_us; /* the same moment in monotonic time */
	int64_t pause_s; /* after it */
};

/* Seconds to wait after `count` tries in a row (1 = the first): 60, 300, 900, 3600 and then always
 * 3600, of which `jitter` takes up to half away. */
int64_t renewal_pause_s(unsigned count, uint64_t jitter);
/* Notes a try that starts now, and the pause after it. */
void renewal_tried(struct renewal_tries *tries, int64_t now_s, int64_t mono_us, uint64_t jitter);
/* The pause is over by one of the two clocks, so that a wall clock that jumps forward does not have
 * to be waited out, and one that was set back does not lengthen the pause. */
bool renewal_may_try(const struct renewal_tries *tries, int64_t now_s, int64_t mono_us);

/* How long a try may take for a caller who has left_us: half of that, at most RENEWAL_LONGEST_US.
 * The other half is for going on with the old certificate. */
int64_t renewal_budget_us(int64_t left_us);

#endif
