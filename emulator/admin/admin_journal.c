/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_journal.h"

#include "common/text.h"
#include "emulator/instruments/journal_filter.h"

static enum msiv2_rc print(struct admin_call *call, enum journal_form form, struct msiv2_error *err)
{
	struct journal_filter filter;

	TRY(journal_filter_read(call->query, false, &filter, err));
	return journal_print(call->world->journal, &filter, form, &call->response->body, err);
}

static enum msiv2_rc get_journal(struct admin_call *call, struct msiv2_error *err)
{
	return print(call, JOURNAL_FORM_JSON, err);
}

static enum msiv2_rc get_lines(struct admin_call *call, struct msiv2_error *err)
{
	call->response->content_type = "application/jsonl";
	return print(call, JOURNAL_FORM_LINES, err);
}

static enum msiv2_rc get_har(struct admin_call *call, struct msiv2_error *err)
{
	return print(call, JOURNAL_FORM_HAR, err);
}

static enum msiv2_rc get_counts(struct admin_call *call, struct msiv2_error *err)
{
	return journal_counts_json(call->world->journal, &call->response->body, err);
}

/* A long poll. Who waits holds a thread of the listener, so only so many may. */
static enum msiv2_rc get_wait(struct admin_call *call, struct msiv2_error *err)
{
	struct journal *journal = call->world->journal;
	struct journal_filter filter;
	bool closed = false;
	enum msiv2_rc rc;

	TRY(journal_filter_read(call->query, true, &filter, err));
	if (!journal_waiter_enter(journal)) {
		http_add_header(call->response, "Retry-After", "1");
		return admin_send_problem(call, 503, "too many are waiting already");
	}
	rc = journal_await(journal, &filter, &closed, &call->response->body, err);
	journal_waiter_leave(journal);
	if (rc == MSIV2_OK && closed)
		return admin_send_problem(call, 503, "the emulator stops");
	return rc;
}

static enum msiv2_rc post_assert(struct admin_call *call, struct msiv2_error *err)
{
	return journal_assert(call->world->journal, call->body, &call->response->body, err);
}

static const struct admin_route rows[] = {
        {"GET", "/journal", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_journal},
        {"GET", "/journal.jsonl", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_lines},
        {"GET", "/journal.har", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_har},
        {"GET", "/journal/counts", 0, ENDPOINT_UNKNOWN, get_counts},
        {"GET", "/journal/wait", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_wait},
        {"POST", "/journal/assert", ADMIN_BODY, ENDPOINT_UNKNOWN, post_assert},
};

const struct admin_routes admin_journal_routes = {rows, TEXT_COUNT(rows)};
