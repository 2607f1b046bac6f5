/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "command.h"
#include "common/clock.h"
#include "json_report.h"
#include "ref/token.h"
#include "session.h"
#include "text_report.h"

enum msiv2_rc command_probe(const struct arguments *args, struct command_result *result,
                            struct msiv2_error *err)
{
	const struct msiv2_request request = session_request(args);
	OWNED_STRUCT(session) session = {0};
	OWNED_STRUCT(json_report) report = {0};
	struct msiv2_timings timings = timings_none;
	int64_t started_us = clock_mono_us(clock_system());

	TRY(session_open(&session, args, err));
	TRY(msiv2_client_probe(session.client, &request, err));
	timings.total_us = clock_mono_us(clock_system()) - started_us;
	if (!args->json) {
		text_report_legs(&result->out, &timings, NULL);
		text_report_line(&result->out, "probe", "this host has managed identity v2");
		return MSIV2_OK;
	}
	json_report_begin(&report, true);
	json_report_number(&report, NULL, "version", 2);
	json_report_timings(&report, &timings);
	return json_report_print(&report, &result->out, err);
}
