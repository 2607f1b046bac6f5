/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "command.h"
#include "json_report.h"
#include "ref/certificate.h"
#include "session.h"
#include "text_report.h"

static enum msiv2_rc as_json(const struct msiv2_certificate *cert,
                             const struct msiv2_timings *timings, struct bytes *out,
                             struct msiv2_error *err)
{
	OWNED_STRUCT(json_report) report = {0};

	json_report_begin(&report, true);
	json_report_certificate(&report, cert);
	json_report_text(&report, NULL, "pem", msiv2_certificate_pem(cert));
	json_report_timings(&report, timings);
	return json_report_print(&report, out, err);
}

enum msiv2_rc command_cert(const struct arguments *args, struct command_result *result,
                           struct msiv2_error *err)
{
	const struct msiv2_request request = session_request(args);
	OWNED_STRUCT(session) session = {0};
	OWNED_STRUCT(msiv2_certificate) *cert = NULL;
	struct msiv2_timings timings;

	TRY(session_open(&session, args, err));
	TRY(msiv2_client_certificate(session.client, &request, &cert, err));
	msiv2_certificate_timings(cert, &timings);
	if (args->json)
		return as_json(cert, &timings, &result->out, err);
	if (args->pem) {
		bytes_add_text(&result->out, msiv2_certificate_pem(cert));
		return MSIV2_OK;
	}
	text_report_legs(&result->out, &timings, cert);
	text_report_certificate(&result->out, cert);
	text_report_line(&result->out, "  identity", "%s", msiv2_certificate_identity_type(cert));
	text_report_line(&result->out, "  endpoint", "%s", msiv2_certificate_endpoint(cert));
	return MSIV2_OK;
}
