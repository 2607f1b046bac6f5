/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Questions to a journal: which events, how many, in which form. */
#ifndef EMULATOR_INSTRUMENTS_JOURNAL_FILTER_H
#define EMULATOR_INSTRUMENTS_JOURNAL_FILTER_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "emulator/query.h"
#include "event_match.h"
#include "journal.h"

/* Which events are wanted. `{0}` wants all. Texts are borrowed. */
struct journal_filter {
	struct event_match match;
	uint64_t since; /* first sequence number wanted */
	uint64_t limit; /* most events, from the first on; 0 = any number */
	uint64_t last;  /* most events, up to the last; 0 = any number */
	/* Of GET /journal/wait only. */
	uint64_t count;     /* events to wait for; 1 when it is not given */
	int64_t timeout_ms; /* JOURNAL_TIMEOUT_MS when it is not given */
};

#define JOURNAL_WAIT_MS     10000
#define JOURNAL_WAIT_MS_MAX 300000

/* Forms an answer may have. */
enum journal_form {
	JOURNAL_FORM_JSON,  /* {"events":[...],"dropped":n,"next":seq} */
	JOURNAL_FORM_LINES, /* one event on each line */
	JOURNAL_FORM_HAR    /* HAR 1.2; what is no HTTP exchange is left out */
};

/* Reads a filter from query parameters; the texts stay borrowed from the query. `waits` allows
 * count and timeout_ms. MSIV2_CONFIG naming the parameter that is unknown, repeated, not a number,
 * or has a value that no event can have. */
MSIV2_MUST_USE enum msiv2_rc journal_filter_read(const struct query *query, bool waits,
                                                 struct journal_filter *out,
                                                 struct msiv2_error *err);
/* Appends the events wanted. In JSON, `next` is the `since` that goes on from here. */
MSIV2_MUST_USE enum msiv2_rc journal_print(struct journal *journal,
                                           const struct journal_filter *filter,
                                           enum journal_form form, struct bytes *out,
                                           struct msiv2_error *err);
/* Waits until filter->count events that fit are there. *closed = true when the emulator stops
 * first; otherwise appends {"ok","seen","why","near_misses","events","dropped","next"}. */
MSIV2_MUST_USE enum msiv2_rc journal_await(struct journal *journal,
                                           const struct journal_filter *filter, bool *closed,
                                           struct bytes *out, struct msiv2_error *err);
/* Judges {"expect":[...]} and, optionally, "since" and "until": appends {"ok","results":[...]}. */
MSIV2_MUST_USE enum msiv2_rc journal_assert(struct journal *journal, const cJSON *body,
                                            struct bytes *out, struct msiv2_error *err);

#endif
