/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_findings.h"

#include "common/text.h"
#include "emulator/instruments/event_key.h"

static enum msiv2_rc get_findings(struct admin_call *call, struct msiv2_error *err)
{
	static const char *const known[] = {"rule", "client_id", "user_agent"};
	const char *unknown = query_unknown(call->query, known, TEXT_COUNT(known));
	const char *repeated = query_repeated(call->query);
	const struct findings_filter filter = {
	        .rule = query_get(call->query, "rule", NULL),
	        .client_id = query_get(call->query, "client_id", NULL),
	        .user_agent = query_get(call->query, "user_agent", NULL),
	};

	if (unknown)
		return err_set(err, MSIV2_CONFIG, unknown, "unknown query parameter");
	if (repeated)
		return err_set(err, MSIV2_CONFIG, repeated, "given twice");
	if (filter.rule && !event_key_find("rule")->valid(filter.rule))
		return err_set(err, MSIV2_CONFIG, "rule", "unknown rule '%s'", filter.rule);
	return findings_book_json(journal_findings(call->world->journal), &filter,
	                          &call->response->body, err);
}

static const struct admin_route rows[] = {
        {"GET", "/findings", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_findings},
};

const struct admin_routes admin_findings_routes = {rows, TEXT_COUNT(rows)};
