/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The definition of one fault, from JSON and as JSON:
 *
 *     {"id":"slow", "fault":"wire-delay", "endpoint":"token",
 *      "match":{"client_id":"..","header":{"x-team":"a","x-not":null,"x-any":true}},
 *      "when":{"nth":[1,3]}, "with":{"ms":200}, "enabled":true}
 *
 * Only "fault" is required. Reading is strict: an unknown member, parameter or endpoint, and a
 * value out of range, is MSIV2_CONFIG at its full path. What is kept is complete, every default
 * filled in, and reads as itself again. A fault that was read never changes; it is held and
 * released, both thread-safe. Pure. */
#ifndef EMULATOR_INSTRUMENTS_FAULT_H
#define EMULATOR_INSTRUMENTS_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/own.h"
#include "emulator/http/exchange.h"
#include "emulator/instruments/fault_kind.h"
#include "emulator/query.h"

#define FAULT_ID_SIZE   64
#define FAULT_NTH_MAX   64
#define FAULT_COUNT_MAX INT64_C(1000000000)

enum fault_when_kind { FAULT_ALWAYS, FAULT_NTH, FAULT_FIRST, FAULT_FROM, FAULT_PERCENT };

/* Which of the matching exchanges it happens to, counted from 1. */
struct fault_when {
	enum fault_when_kind kind;
	double percent; /* above 0, at most 100 */
	uint64_t numbers[FAULT_NTH_MAX];
	size_t count;
};

struct fault {
	cJSON *json;                   /* the complete definition */
	const struct fault_kind *kind; /* the texts and values below are borrowed from json */
	const char *id;                /* "" = none was given */
	const cJSON *match;
	const cJSON *with;
	struct fault_when when;
	uint32_t endpoints; /* bits of enum endpoint */
	bool enabled;
	atomic_uint holders;
};

/* Reads a definition; *out is held once by the caller. `where` is the path of the definition. */
MSIV2_MUST_USE enum msiv2_rc fault_read(const cJSON *json, const char *where, struct fault **out,
                                        struct msiv2_error *err);
/* Reads an array of definitions and forgets them again: MSIV2_CONFIG also for an id given twice and
 * for more than FAULTS_MAX. *out (owned) is the array, every definition complete. */
MSIV2_MUST_USE enum msiv2_rc fault_read_list(const cJSON *array, const char *where, cJSON **out,
                                             struct msiv2_error *err);
#define FAULTS_MAX 256
/* One more holder; returns the fault. */
struct fault *fault_hold(struct fault *fault);
/* Lets go; NULL is allowed. */
void fault_release(struct fault *fault);
DEFINE_OWNED_STRUCT(fault, fault_release)

/* What a match looks at. Texts may be NULL: not known. */
struct fault_subject {
	enum endpoint endpoint;
	const char *host;
	const char *method;
	const char *client_id;
	const char *correlation_id;
	const char *certificate_sha256; /* of the client's certificate, lower-case hex */
	const char *server_name;
	const struct http_request *request; /* headers; NULL in a handshake */
	const struct query *query;          /* NULL = none */
};

/* The fault is enabled and the subject is one that it waits for. */
bool fault_matches(const struct fault *fault, const struct fault_subject *subject);
/* The fault happens to the nth match (from 1), given the number drawn for it. */
bool fault_is_due(const struct fault_when *when, uint64_t nth, uint64_t random);

#endif
