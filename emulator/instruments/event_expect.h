/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Assertions about a journal. One expectation is one of
 *
 *     {"match":{...}, "count":N or {"min":A,"max":B}}    so many events fit; at least one when no
 *                                                        count is given
 *     {"order":[{...},{...},...]}                        events fit in this order, others between
 *     {"gap":{"match":{...},"min_ms":A,"max_ms":B,"clock":"monotonic" or "world"}}
 *                                                        every pause between one that fits and the
 *                                                        next, from the end of the one to the start
 *                                                        of the other; there must be two at least
 *
 *     {"values":{"match":{...},"of":"form.claims","are":"equal" or "different"}}
 *                                                        all events that fit have the same value
 *                                                        there, or each another than the one before
 *                                                        it; there must be two that have one
 *
 * with matches as in event_match.h. Events are shown to it one by one, in order, so that a journal
 * of any length is judged in constant memory; what nearly fitted is kept, the nearest first. World
 * time has whole seconds and is that of the end of each exchange. Pure. */
#ifndef EMULATOR_INSTRUMENTS_EVENT_EXPECT_H
#define EMULATOR_INSTRUMENTS_EVENT_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "event_match.h"

#define EXPECT_STEPS_MAX 16
#define EXPECT_NEAR_MAX  3
#define EXPECT_WORDS     512
#define EXPECT_VALUE     1024 /* of a value; what is longer is compared so far */

enum expect_kind { EXPECT_COUNT, EXPECT_ORDER, EXPECT_GAP, EXPECT_VALUES };

/* One expectation. Texts are borrowed from the JSON it was read from. */
struct expectation {
	enum expect_kind kind;
	struct event_match steps[EXPECT_STEPS_MAX]; /* one, or those of an order */
	size_t step_count;
	int64_t min, max;        /* a count, or milliseconds */
	bool world;              /* gaps in world time */
	struct event_want value; /* what is compared, of EXPECT_VALUES */
	bool different;          /* rather than equal */
};

/* An event that would have fitted but for something. */
struct expect_near {
	int64_t seq;
	int distance;
	char words[EXPECT_WORDS];
};

/* The state of judging, and in the end the verdict. */
struct expect_state {
	const struct expectation *expectation;
	bool ok;       /* after expect_done() */
	uint64_t seen; /* events that fitted; of an order, steps that were found; of gaps, gaps; of
	                * values, events that have one */
	char why[EXPECT_WORDS]; /* after expect_done(): what is wrong; "" when ok */
	struct expect_near near[EXPECT_NEAR_MAX];
	size_t near_count;

	bool any;                 /* something fitted */
	int64_t last_seq;         /* of the last one that fitted */
	int64_t last_end;         /* its end: microseconds, or seconds of world time */
	bool broken;              /* a gap was too short or too long, a value wrong; why says so */
	char value[EXPECT_VALUE]; /* of the last one that fitted and has one */
};

/* Reads one expectation. MSIV2_CONFIG at `where` naming what is wrong. */
MSIV2_MUST_USE enum msiv2_rc expect_read(const cJSON *object, const char *where,
                                         struct expectation *out, struct msiv2_error *err);
/* Begins; the expectation has to outlive the state. */
void expect_begin(struct expect_state *state, const struct expectation *expectation);
/* Shows the next event. */
void expect_see(struct expect_state *state, const cJSON *event);
/* Ends: ok and why are set. */
void expect_done(struct expect_state *state);
/* {"ok","seen","why","near_misses":[{"seq","why"}]}; owned by the caller, NULL when memory is out.
 */
cJSON *expect_json(const struct expect_state *state);

#endif
