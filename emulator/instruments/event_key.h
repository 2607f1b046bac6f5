/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What can be asked of a journal event, as one table: filters, assertions and explanations all walk
 * over it. An event is the JSON object that the journal shows, so that an exported journal can be
 * judged as well as a living one. Pure. */
#ifndef EMULATOR_INSTRUMENTS_EVENT_KEY_H
#define EMULATOR_INSTRUMENTS_EVENT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

/* How a key compares. */
enum event_how {
	EVENT_TEXT,        /* the member is that text; numbers and booleans as they are written */
	EVENT_TEXT_NOCASE, /* the same, ASCII case ignored */
	EVENT_PREFIX,      /* the member starts with that text */
	EVENT_RANGE,       /* the member, a number or a time, is within the range */
	EVENT_HEADER,      /* a header of that name has that value */
	EVENT_PARAM,       /* a query parameter or form field of that name has that value */
	EVENT_RULE,        /* a finding is of that rule */
	EVENT_FAULT,       /* a fault of that id or name fired */
	EVENT_CERTIFICATE, /* the certificate that was issued, or the one that was presented */
};

struct event_key {
	const char *name; /* "tls_version": in a match, and as a query parameter */
	enum event_how how;
	const char *at;                  /* where in the event: "tls.version" */
	const char *words;               /* "the TLS version" */
	int distance;                    /* how far off an event is that differs in this */
	bool (*valid)(const char *text); /* a text that an event can have; NULL = any */
};

/* All rows; *count is set. */
const struct event_key *event_keys(size_t *count);
/* The row of that name, or NULL. */
const struct event_key *event_key_find(const char *name);
/* The member of an event at "tls.version"; NULL when it is not there or null. */
const cJSON *event_at(const cJSON *event, const char *at);
/* A member as a number: a whole number, or a time as seconds since 1970. False when it is neither,
 * or beyond 4e15, where sums would not fit any more. */
MSIV2_MUST_USE bool event_number(const cJSON *member, int64_t *out);
/* The text is the rule "ID", "name" or "ID/name" of this "ID/name". */
bool event_rule_is(const char *full_name, const char *text);
/* "2026-11-21T03:00:00Z" as seconds since 1970; false when it is not such a text. */
MSIV2_MUST_USE bool event_time_s(const char *text, int64_t *out);

#endif
