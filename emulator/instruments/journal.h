/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The journal: one event for every exchange and for everything that changed the world, in the order
 * in which answers were made (DESIGN idea 5). journal_filter.h asks it questions.
 *
 * A bounded ring: the oldest events go first, when there are too many or they are too long
 * together, and are counted as dropped. Counts per endpoint are kept apart and never lost. Events
 * are finished JSON when they enter, redacted as redact.h says (SEC-01), so that reading the
 * journal costs only copying. All functions are thread-safe except new and free. */
#ifndef EMULATOR_INSTRUMENTS_JOURNAL_H
#define EMULATOR_INSTRUMENTS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "emulator/http/exchange.h"
#include "emulator/instruments/findings_book.h"
#include "emulator/rule.h"

enum endpoint {
	ENDPOINT_UNKNOWN,
	ENDPOINT_METADATA,
	ENDPOINT_PROBE,
	ENDPOINT_ISSUE,
	ENDPOINT_TOKEN,
	ENDPOINT_RESOURCE,
	ENDPOINT_DISCOVERY,
	ENDPOINT_KEYS,
	ENDPOINT_ATTEST_NONCE,
	ENDPOINT_ATTEST_KEYGUARD,
	ENDPOINT_ATTEST_TPM,
	ENDPOINT_MAA_CERTS,
	ENDPOINT_V1_TOKEN,
	ENDPOINT_COMPUTE,
	/* The ones above are asked over the wire and listed by the counts. */
	ENDPOINT_COUNT,
	/* What changed the world from outside (the admin interface), and handshakes that failed. */
	ENDPOINT_CLOCK = ENDPOINT_COUNT,
	ENDPOINT_REVOKE,
	ENDPOINT_RULES,
	ENDPOINT_RESET,
	ENDPOINT_ATTESTATION,
	ENDPOINT_WORLD,
	ENDPOINT_FAULTS,
	ENDPOINT_TLS,
	ENDPOINT_ALL
};

/* "getplatformmetadata", "probe", ... as the journal and the counts call it. */
const char *endpoint_name(enum endpoint endpoint);
/* The endpoint of that name; false when there is none. */
MSIV2_MUST_USE bool endpoint_from_name(const char *name, enum endpoint *out);
/* The name of a listener as static text; "" when there is none of that name. */
const char *journal_listener(const char *name);

#define JOURNAL_ID_SIZE     64  /* correlation and client ids, jti */
#define JOURNAL_SHA256_SIZE 65  /* hex of a SHA-256 and a NUL */
#define JOURNAL_TEXT_SIZE   256 /* error codes, audiences */
#define JOURNAL_FAULTS_MAX  16  /* that one exchange meets */

/* What a role tells about an exchange beyond request and response. `{0}` is valid. */
struct journal_notes {
	enum endpoint endpoint;
	char error[JOURNAL_TEXT_SIZE]; /* the error code of the answer */
	char correlation_id[JOURNAL_ID_SIZE];
	char client_id[JOURNAL_ID_SIZE];
	char certificate_sha256[JOURNAL_SHA256_SIZE]; /* the one issued */
	char token_type[16];                          /* of the token issued or accepted */
	char token_jti[JOURNAL_ID_SIZE];
	char token_audience[JOURNAL_TEXT_SIZE];
	char change[JOURNAL_TEXT_SIZE]; /* what was changed, or the alert of a failed handshake */
	struct findings findings;
	struct journal_fault {
		char id[JOURNAL_ID_SIZE];
		const char *name;     /* static */
	} faults[JOURNAL_FAULTS_MAX]; /* that fired */
	size_t fault_count;
};

/* When an exchange happened. */
struct journal_times {
	int64_t mono_us; /* at the end */
	int64_t world_s;
	int64_t duration_us;
};

struct journal;

/* Most bytes that all events together hold, and that the headers of one event show. */
#define JOURNAL_BYTES_MAX   ((size_t)16 * 1024 * 1024)
#define JOURNAL_HEADERS_MAX ((size_t)8 * 1024)

/* Makes an empty journal of at most `capacity` events (>= 1). */
MSIV2_MUST_USE enum msiv2_rc journal_new(size_t capacity, struct journal **out,
                                         struct msiv2_error *err);
/* Frees; NULL is allowed. */
void journal_free(struct journal *journal);
DEFINE_OWNED_STRUCT(journal, journal_free)

/* Adds an event. When memory is out the event is counted as dropped; the counts are right anyway.
 */
void journal_add(struct journal *journal, const struct http_request *request,
                 const struct http_response *response, const struct journal_notes *notes,
                 const struct journal_times *times);
/* Forgets events, counts and drops; sequence numbers go on. */
void journal_reset(struct journal *journal);

/* How often an endpoint was asked. */
uint64_t journal_count(struct journal *journal, enum endpoint endpoint);
/* Appends {"getplatformmetadata":n,...}. */
MSIV2_MUST_USE enum msiv2_rc journal_counts_json(struct journal *journal, struct bytes *out,
                                                 struct msiv2_error *err);

/* What the rules noted about each client; belongs to the journal. */
struct findings_book *journal_findings(struct journal *journal);

/* ---- reading ---- */

/* Takes one event, as JSON text of that length; false ends the walk. */
typedef bool (*journal_event_fn)(void *ctx, uint64_t seq, const char *json, size_t len);

/* Where a walk ended. */
struct journal_end {
	uint64_t next;    /* the first sequence number that was not walked over */
	uint64_t dropped; /* events, since start or reset */
	uint64_t epoch;   /* how often the journal was reset */
};

/* Shows every event from sequence number `since` that was there when the walk began, in order.
 * Events are copied in pages, so nobody waits for the walk; those that are dropped meanwhile are
 * not seen. */
MSIV2_MUST_USE enum msiv2_rc journal_walk(struct journal *journal, uint64_t since,
                                          journal_event_fn see, void *ctx, struct journal_end *end,
                                          struct msiv2_error *err);

/* ---- waiting ---- */

#define JOURNAL_WAITERS_MAX 8 /* most threads that wait at once */

enum journal_news {
	JOURNAL_NEWS,    /* there is more, or the journal was reset */
	JOURNAL_TIMEOUT, /* the deadline passed first */
	JOURNAL_CLOSED   /* the emulator stops */
};

/* Takes one of the places for waiting; false when all are taken. */
MSIV2_MUST_USE bool journal_waiter_enter(struct journal *journal);
/* Gives it back. */
void journal_waiter_leave(struct journal *journal);
/* Waits until there is something after what a walk saw, or until the deadline on the system's
 * monotonic axis. */
enum journal_news journal_wait(struct journal *journal, const struct journal_end *seen,
                               int64_t deadline_us);
/* Ends all waiting, now and from now on. */
void journal_close(struct journal *journal);

#endif
