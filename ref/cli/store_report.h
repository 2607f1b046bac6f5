/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What `msiv2 cert list` and `show` print about entries of a store. Certificates and references to
 * keys are public: nothing here is secret. */
#ifndef REF_CLI_STORE_REPORT_H
#define REF_CLI_STORE_REPORT_H

#include "json_report.h"
#include "store_desk.h"

/* "store" with its scope and path. */
void store_report_place(struct json_report *report, const struct store_desk *desk);
/* Adds an entry to a list; `whole` adds its PEM. */
MSIV2_MUST_USE enum msiv2_rc store_report_entry(struct json_report *report, cJSON *list,
                                                const struct store_desk *desk,
                                                const struct survey_alias *alias,
                                                const struct store_record *record, bool whole,
                                                struct msiv2_error *err);
/* The same for people, as some lines; `whole` adds all there is to know and the PEM. */
MSIV2_MUST_USE enum msiv2_rc store_report_lines(struct bytes *out, const struct store_desk *desk,
                                                const struct survey_alias *alias,
                                                const struct store_record *record, bool whole,
                                                struct msiv2_error *err);

#endif
