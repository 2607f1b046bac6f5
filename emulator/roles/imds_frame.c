/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "imds_frame.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

#define NEWEST_SHOWN 3

/* The versions of the public list, oldest first. */
static const char *const versions[] = {
        "2018-02-01", "2018-04-02", "2018-10-01", "2019-02-01", "2019-03-11", "2019-04-30",
        "2019-06-01", "2019-06-04", "2019-08-01", "2019-08-15", "2019-11-01", "2020-06-01",
        "2020-07-15", "2020-09-01", "2020-10-01", "2020-12-01", "2021-01-01", "2021-02-01",
        "2021-03-01", "2021-05-01", "2021-10-01",
};

bool imds_frame_is_path(const char *request_path, const char *path)
{
	size_t len = strlen(request_path);

	if (len > 1 && request_path[len - 1] == '/')
		len--;
	return strlen(path) == len && strncasecmp(path, request_path, len) == 0;
}

bool imds_frame_forwarded(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_frame *frame = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "the request has X-Forwarded-For");
	return http_header(frame->request, "X-Forwarded-For", NULL) != NULL;
}

bool imds_frame_no_header(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_frame *frame = facts;
	size_t count = 0;
	const char *value = http_header(frame->request, "Metadata", &count);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%zu Metadata headers%s", count,
	               count == 1 ? ", not \"true\"" : "");
	return count != 1 || !text_equal_nocase(value, "true");
}

bool imds_frame_wrong_method(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_frame *frame = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "asked with %.20s", frame->request->method);
	return !text_equal(frame->request->method, frame->method);
}

bool imds_frame_repeated(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_frame *frame = facts;
	const char *name = query_repeated(frame->query);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s", name ? name : "");
	return name != NULL;
}

bool imds_frame_unknown(const struct imds_frame *frame, const char *const *known, size_t count,
                        char detail[ROLE_DETAIL_SIZE])
{
	const char *name = query_unknown(frame->query, known, count);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s", name ? name : "");
	return name != NULL;
}

bool imds_frame_wrong_version(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_frame *frame = facts;
	const char *version = query_get(frame->query, "api-version", NULL);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.40s", version ? version : "none");
	for (size_t i = 0; i < TEXT_COUNT(versions); i++)
		if (text_equal(version, versions[i]))
			return false;
	return true;
}

void imds_frame_refuse_version(struct role_call *call, const struct imds_frame *frame)
{
	const char *newest[NEWEST_SHOWN];
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) words = {0};

	for (size_t i = 0; i < NEWEST_SHOWN; i++)
		newest[i] = versions[TEXT_COUNT(versions) - 1 - i];
	bytes_addf(&words,
	           "Bad request. api-version %s in the request. For more information refer to "
	           "aka.ms/azureimds",
	           query_get(frame->query, "api-version", NULL) ? "is invalid"
	                                                        : "was not specified");
	cJSON_AddStringToObject(json, "error", bytes_text(&words));
	cJSON_AddItemToObject(json, "newest-versions",
	                      cJSON_CreateStringArray(newest, NEWEST_SHOWN));
	role_note(call->notes->error, sizeof(call->notes->error), "api-version");
	role_send_json(call, 400, json);
}

void imds_frame_refuse(struct role_call *call, const struct imds_frame *frame,
                       const struct role_answer *answer, const char *detail)
{
	if (answer->status == 405)
		http_add_header(call->response, "Allow", frame->method);
	role_refuse(call, answer, detail, NULL);
}

bool imds_frame_read_query(struct role_call *call, struct query *query)
{
	static const struct role_answer bad_query = {400, "invalid_request", 0,
	                                             "The query is not well-formed: {}"};
	static const struct blame blame = {MSIV2_CONFIG, "query"};
	const char *text = call->request->query;
	struct msiv2_error err = {0};
	enum msiv2_rc rc = query_parse(text, text ? strlen(text) : 0, &blame, query, &err);

	if (rc == MSIV2_OK)
		return true;
	if (rc == MSIV2_CONFIG)
		role_refuse(call, &bad_query, err.message, NULL);
	else
		role_fail(call, &err);
	return false;
}
