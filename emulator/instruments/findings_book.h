/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the rules noted about each client: one row for a rule and a client, however often it was
 * broken. A client is what an exchange told about itself: its client_id together with its
 * User-Agent, either of which may be missing. (A correlation id names one acquisition and not a
 * client, so the row shows the last one only.) At most FINDINGS_ROWS_MAX rows; findings that found
 * no room are counted. Everything is redacted as the journal is (SEC-01). Thread-safe except new
 * and free. */
#ifndef EMULATOR_INSTRUMENTS_FINDINGS_BOOK_H
#define EMULATOR_INSTRUMENTS_FINDINGS_BOOK_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "emulator/http/exchange.h"
#include "emulator/rule.h"

#define FINDINGS_ROWS_MAX   512
#define FINDINGS_AGENT_SIZE 160

struct findings_book;

/* Makes an empty book. */
MSIV2_MUST_USE enum msiv2_rc findings_book_new(struct findings_book **out, struct msiv2_error *err);
/* Frees; NULL is allowed. */
void findings_book_free(struct findings_book *book);
DEFINE_OWNED_STRUCT(findings_book, findings_book_free)
/* Forgets everything. */
void findings_book_reset(struct findings_book *book);

/* One exchange that had findings. */
struct findings_of {
	const struct http_request *request;
	const struct findings *findings;
	const char *client_id; /* "" = none */
	const char *correlation_id;
	uint64_t seq; /* of its event */
	int64_t world_s;
};
/* Writes them down. */
void findings_book_add(struct findings_book *book, const struct findings_of *exchange);

/* Which rows are wanted; NULL = any. */
struct findings_filter {
	const char *rule; /* "ID", "name" or "ID/name" */
	const char *client_id;
	const char *user_agent;
};
/* Appends {"findings":[...],"left_out":n}, by first occurrence. */
MSIV2_MUST_USE enum msiv2_rc findings_book_json(struct findings_book *book,
                                                const struct findings_filter *filter,
                                                struct bytes *out, struct msiv2_error *err);

#endif
