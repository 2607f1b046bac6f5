/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A match says what a journal event must be like: every member has to fit. As JSON:
 *
 *     {"endpoint":"token", "status":200, "tls_version":"TLSv1.3",
 *      "status":"400..499" or {"min":400,"max":499} or "4xx",
 *      "error":null,                                         null: there must be none
 *      "header":{"Metadata":"true","X-Other":true,"X-No":null},   true: any value
 *      "query":{"cred-api-version":"2.0"}}
 *
 * and as query parameters, where every value is a text: endpoint=token&status=400..499 and
 * header.Metadata=true. Ranges are "A", "A..B", "A.." or "..B"; times are seconds since 1970 or
 * "2026-11-21T03:00:00Z". Which members there are is the table of event_key.h. Pure. */
#ifndef EMULATOR_INSTRUMENTS_EVENT_MATCH_H
#define EMULATOR_INSTRUMENTS_EVENT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/json.h"
#include "event_key.h"

#define EVENT_WANTS_MAX 24

/* What is wanted of a value. */
enum event_wanted {
	EVENT_EQUAL,
	EVENT_ANY,  /* there is one */
	EVENT_NONE, /* there is none */
};

/* One thing that must fit. Texts are borrowed from what was read. */
struct event_want {
	const struct event_key *key;
	const char *name; /* of a header, query parameter or form field */
	enum event_wanted wanted;
	const char *text; /* EVENT_EQUAL of anything but a range */
	int64_t min, max; /* of a range, both included */
};

/* `{0}` fits every event. */
struct event_match {
	struct event_want wants[EVENT_WANTS_MAX];
	size_t count;
};

/* Reads a match from its JSON object, which has to outlive it. MSIV2_CONFIG at `where` naming the
 * member that is unknown, of a wrong type, or has a value that no event can have. */
MSIV2_MUST_USE enum msiv2_rc event_match_read(const cJSON *object, const char *where,
                                              struct event_match *out, struct msiv2_error *err);
/* Adds what one query parameter wants: "endpoint", "header.Metadata". *known = false, and nothing
 * is added, when no key has that name. MSIV2_CONFIG at `name` for a bad value. */
MSIV2_MUST_USE enum msiv2_rc event_match_add(struct event_match *match, const char *name,
                                             const char *value, bool *known,
                                             struct msiv2_error *err);

/* Reads what single value of events is meant: "correlation_id", "header.Metadata", "form.claims".
 * False when no key has that name. The name has to outlive it. */
MSIV2_MUST_USE bool event_value_read(const char *name, struct event_want *out);
/* Appends the value of an event, as it stands there; false when there is none. */
MSIV2_MUST_USE bool event_value(const struct event_want *want, const cJSON *event,
                                struct bytes *out);
/* The event fits. */
bool event_match_fits(const struct event_match *match, const cJSON *event);
/* How far the event is from fitting: 0 = it fits; *fitting = how many of the wants fit. */
int event_match_distance(const struct event_match *match, const cJSON *event, size_t *fitting);
/* Appends why the event does not fit: "would have matched but the header Metadata was "false", not
 * "true", and the status was 400, not 200". */
void event_match_explain(const struct event_match *match, const cJSON *event, struct bytes *out);

#endif
