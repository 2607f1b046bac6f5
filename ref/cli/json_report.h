/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The JSON object a command prints: the documented, stable one of docs/client.md. Adding never
 * returns an error; a report that ran out of memory stays failed and json_report_print() says so.
 */
#ifndef REF_CLI_JSON_REPORT_H
#define REF_CLI_JSON_REPORT_H

#include "common/bytes.h"
#include "common/json.h"
#include "common/own.h"
#include "ref/include/msiv2.h"

struct json_report {
	cJSON *root;
	bool failed;
};

/* Begins the object with its member "ok". */
void json_report_begin(struct json_report *report, bool ok);
/* Frees the tree. */
void json_report_free(struct json_report *report);
DEFINE_OWNED_VALUE(json_report, json_report_free)

/* Adds an object to `parent` (NULL: the root) and returns it. */
cJSON *json_report_object(struct json_report *report, cJSON *parent, const char *name);
/* Adds a text; NULL becomes null. */
void json_report_text(struct json_report *report, cJSON *parent, const char *name,
                      const char *text);
/* Adds true or false. */
void json_report_flag(struct json_report *report, cJSON *parent, const char *name, bool value);
/* Adds a list and returns it; its items are objects. */
cJSON *json_report_list(struct json_report *report, cJSON *parent, const char *name);
/* Adds an object to a list and returns it. */
cJSON *json_report_item(struct json_report *report, cJSON *list);
/* Adds a number. */
void json_report_number(struct json_report *report, cJSON *parent, const char *name, double value);

/* Adds token_type, expires_on, client_id, tenant_id, key, certificate, source and, when
 * `show_token`, access_token. */
void json_report_token(struct json_report *report, const struct msiv2_token *token,
                       bool show_token);
/* Adds key and certificate. */
void json_report_certificate(struct json_report *report, const struct msiv2_certificate *cert);
/* Adds timings_ms: the legs that were taken. */
void json_report_timings(struct json_report *report, const struct msiv2_timings *timings);
/* Adds error. Absent details are null. */
void json_report_error(struct json_report *report, const char *class_name,
                       const struct msiv2_error *err);

/* Appends the object as one line. MSIV2_INTERNAL when memory ran out. */
MSIV2_MUST_USE enum msiv2_rc json_report_print(const struct json_report *report, struct bytes *out,
                                               struct msiv2_error *err);

#endif
