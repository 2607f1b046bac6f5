/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_journal.h"

#include "common/text.h"

static enum msiv2_rc get_journal(struct admin_call *call, struct msiv2_error *err)
{
	struct journal_filter filter;

	TRY(journal_filter_read(call->query, &filter, err));
	return journal_json(call->world->journal, &filter, &call->response->body, err);
}

static enum msiv2_rc get_counts(struct admin_call *call, struct msiv2_error *err)
{
	return journal_counts_json(call->world->journal, &call->response->body, err);
}

static const struct admin_route rows[] = {
        {"GET", "/journal", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_journal},
        {"GET", "/journal/counts", 0, ENDPOINT_UNKNOWN, get_counts},
};

const struct admin_routes admin_journal_routes = {rows, TEXT_COUNT(rows)};
