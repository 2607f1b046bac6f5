/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "command.h"
#include "doctor.h"
#include "json_report.h"

static enum msiv2_rc as_json(const struct doctor_report *found, struct bytes *out,
                             struct msiv2_error *err)
{
	const struct doctor_finding *problem = doctor_first_problem(found);
	OWNED_STRUCT(json_report) report = {0};
	cJSON *list;

	json_report_begin(&report, problem == NULL);
	list = json_report_list(&report, NULL, "checks");
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct doctor_finding *finding = &found->findings[i];
		enum msiv2_rc rc = msiv2_error_class(&finding->error);
		cJSON *item = json_report_item(&report, list);

		json_report_text(&report, item, "check", doctor_check_name((enum doctor_check)i));
		json_report_text(&report, item, "verdict", doctor_verdict_name(finding->verdict));
		json_report_text(&report, item, "class", rc != MSIV2_OK ? msiv2_rc_name(rc) : NULL);
		json_report_text(&report, item, "message", finding->words);
		json_report_text(&report, item, "remedy", finding->remedy);
	}
	if (problem != NULL)
		json_report_error(&report, msiv2_rc_name(problem->error.rc), &problem->error);
	return json_report_print(&report, out, err);
}

static void for_people(const struct doctor_report *found, struct bytes *out)
{
	const struct doctor_finding *problem = doctor_first_problem(found);

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct doctor_finding *finding = &found->findings[i];

		bytes_addf(out, "%-8s %-14s %s\n", doctor_verdict_name(finding->verdict),
		           doctor_check_name((enum doctor_check)i), finding->words);
		if (finding->remedy != NULL)
			bytes_addf(out, "%-8s %-14s do: %s\n", "", "", finding->remedy);
	}
	if (problem == NULL)
		bytes_add_text(out, "\nAn acquisition would work.\n");
	else
		bytes_addf(out, "\nAn acquisition would fail: %s.\n",
		           msiv2_rc_name(problem->error.rc));
}

enum msiv2_rc command_doctor(const struct arguments *args, struct command_result *result,
                             struct msiv2_error *err)
{
	const struct doctor_finding *problem;
	struct doctor_report found;

	TRY(doctor_examine(args, &found, err));
	problem = doctor_first_problem(&found);
	result->exit_code = problem != NULL ? EXIT_OF(problem->error.rc) : 0;
	if (args->json)
		return as_json(&found, &result->out, err);
	for_people(&found, &result->out);
	return MSIV2_OK;
}
