/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "command.h"
#include "json_report.h"
#include "ref/token.h"
#include "session.h"
#include "text_report.h"

static enum msiv2_rc as_json(const struct arguments *args, const struct msiv2_token *token,
                             struct bytes *out, struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};
	struct msiv2_timings timings;

	msiv2_token_timings(token, &timings);
	json_report_begin(&report, true);
	json_report_token(&report, token, args->show_token);
	json_report_timings(&report, &timings);
	return json_report_print(&report, out, err);
}

enum msiv2_rc command_token(const struct arguments *args, struct command_result *result,
                            struct msiv2_error *err)
{
	const struct msiv2_request request = session_request(args);
	OWNED_STRUCT(session) session = {0};
	OWNED_STRUCT(msiv2_token) *token = NULL;
	struct msiv2_timings timings;

	TRY(session_open(&session, args, err));
	TRY(msiv2_client_acquire(session.client, &request, &token, err));
	if (args->json)
		return as_json(args, token, &result->out, err);
	msiv2_token_timings(token, &timings);
	text_report_legs(&result->out, &timings, msiv2_token_certificate(token));
	text_report_token(&result->out, token, args->show_token);
	text_report_certificate(&result->out, msiv2_token_certificate(token));
	return MSIV2_OK;
}
