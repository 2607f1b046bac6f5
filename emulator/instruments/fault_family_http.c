/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults of HTTP answers: another answer instead, or something wrong with the right one (META-06 to
 * META-08, NET-01, NET-02, NET-04). */
#include <stdio.h>
#include <strings.h>

#include "common/text.h"
#include "emulator/http/exchange.h"
#include "emulator/roles/imds.h"
#include "emulator/roles/role.h"
#include "fault_kind.h"

#define BYTES_MAX (16 * 1024 * 1024)
#define YEAR_S    31536000

#define PAGE "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Wi-Fi</body></html>\n"

static void remove_header(struct http_response *response, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < response->header_count; i++) {
		if (text_equal_nocase(response->headers[i].name, name))
			continue;
		if (kept != i)
			response->headers[kept] = response->headers[i];
		kept++;
	}
	response->header_count = kept;
}

static bool set_type(struct http_response *response, const char *type)
{
	if (!text_copy(response->type, sizeof(response->type), type))
		return false;
	response->content_type = response->type;
	return true;
}

static bool is_type(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return strlen(text) < HTTP_TYPE_SIZE;
}

static bool is_line(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return text[0] != '\0' && strlen(text) < 1024;
}

static void add_line(struct http_response *response, const char *name, const char *value)
{
	bytes_addf(&response->head, "%s: %s\r\n", name, value);
}

/* Whose answers say that they come from IMDS (META-06): the fault is what was asked for, no more.
 */
static void begin(const struct fault_act *act, int64_t status)
{
	if (text_equal(act->call->request->listener, "imds"))
		imds_add_headers(act->response);
	act->response->status = (int)status;
}

static void set_body(const struct fault_act *act, const cJSON *body)
{
	bytes_clear(&act->response->body);
	if (cJSON_IsString(body))
		bytes_add_text(&act->response->body, body->valuestring);
	else if (!cJSON_IsNull(body))
		json_print(body, &act->response->body);
}

static bool status(const struct fault_act *act)
{
	const cJSON *header;

	begin(act, fault_number(act, "status"));
	set_body(act, fault_value(act, "body"));
	cJSON_ArrayForEach(header, fault_value(act, "headers"))
	        add_line(act->response, header->string, header->valuestring);
	return set_type(act->response, fault_text(act, "content_type"));
}

static bool empty(const struct fault_act *act)
{
	begin(act, 200);
	return true;
}

static bool html(const struct fault_act *act)
{
	act->response->status = 200;
	act->response->content_type = "text/html";
	bytes_add_text(&act->response->body, PAGE);
	return true;
}

static bool redirect(const struct fault_act *act)
{
	begin(act, fault_number(act, "status"));
	add_line(act->response, "Location", fault_text(act, "location"));
	return true;
}

static bool throttle(const struct fault_act *act)
{
	static const struct role_answer words = {429, "too_many_requests", 0, "Too many requests"};
	const cJSON *after = fault_value(act, "retry_after");
	char text[24];

	begin(act, 429);
	role_refuse(act->call, &words, "", NULL);
	act->response->status = (int)fault_number(act, "status");
	(void)snprintf(text, sizeof(text), "%lld", (long long)fault_number(act, "retry_after"));
	if (cJSON_IsNumber(after))
		add_line(act->response, "Retry-After", text);
	else if (cJSON_IsString(after) && is_line(after->valuestring))
		add_line(act->response, "Retry-After", after->valuestring);
	return true;
}

/* META-07 */
static bool v2_missing(const struct fault_act *act)
{
	static const struct role_answer not_found = {404, "not_found", 0, "Not found"};

	begin(act, 404);
	role_refuse(act->call, &not_found, "", NULL);
	return true;
}

/* META-08 */
static bool probe_answer(const struct fault_act *act)
{
	begin(act, fault_number(act, "status"));
	bytes_add_text(&act->response->body, "{}");
	return true;
}

/* META-06 */
static bool no_server(const struct fault_act *act)
{
	remove_header(act->response, "Server");
	return true;
}

static bool wrong_server(const struct fault_act *act)
{
	remove_header(act->response, "Server");
	add_line(act->response, "Server", fault_text(act, "value"));
	return true;
}

static bool content_type(const struct fault_act *act)
{
	return set_type(act->response, fault_text(act, "value"));
}

static bool header(const struct fault_act *act)
{
	const char *name = fault_text(act, "name");
	const char *value = fault_text(act, "value");

	remove_header(act->response, name);
	if (value)
		add_line(act->response, name, value);
	return true;
}

static bool body(const struct fault_act *act)
{
	set_body(act, fault_value(act, "body"));
	return true;
}

/* Still the right answer, with white space after it: only its size is wrong (NET-04). */
static bool oversized(const struct fault_act *act)
{
	struct bytes *out = &act->response->body;
	size_t size = (size_t)fault_number(act, "bytes");
	char spaces[4096];

	memset(spaces, ' ', sizeof(spaces));
	while (out->len < size && !out->failed)
		bytes_add(out, spaces,
		          size - out->len < sizeof(spaces) ? size - out->len : sizeof(spaces));
	return true;
}

static bool is_name(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == ':')
			return false;
	return text[0] != '\0' && strlen(text) < 128 && strcasecmp(text, "Content-Length") != 0 &&
	       strcasecmp(text, "Connection") != 0 && strcasecmp(text, "Transfer-Encoding") != 0;
}

#define ANSWER(rules)   rules, FAULT_AT_ANSWER, FAULT_HTTP_ANY, 0
#define RESPONSE(rules) rules, FAULT_AT_RESPONSE, FAULT_HTTP_ANY, 0

static const struct fault_kind kinds[] = {
        {"http-status",
         "Another answer: a status with body and headers. The endpoint does nothing.",
         ANSWER("NET-01 NET-02"),
         {{"status", FAULT_INTEGER, "503", 200, 599, false, "the status", NULL},
          {"body", FAULT_VALUE, "null", 0, 0, false,
           "a text is sent as it is, another value as JSON; null = empty", NULL},
          {"headers", FAULT_HEADERS, "{}", 0, 0, false, "further headers", NULL},
          {"content_type", FAULT_TEXT, "\"application/json\"", 0, 0, false,
           "the Content-Type; \"\" = none", is_type}},
         status},
        {"http-empty",
         "200 with an empty body. The endpoint does nothing.",
         ANSWER("META-05 ISSUE-02 STS-03"),
         {{0}},
         empty},
        {"http-html",
         "200 with the HTML page of somebody in between, without IMDS's Server header.",
         ANSWER("META-06 ISSUE-02 STS-03"),
         {{0}},
         html},
        {"http-redirect",
         "A redirect, which clients do not follow.",
         ANSWER("STS-01 NET-04"),
         {{"status", FAULT_INTEGER, "307", 300, 308, false, "the status", NULL},
          {"location", FAULT_TEXT, "\"/redirected\"", 0, 0, false, "the Location", is_line}},
         redirect},
        {"http-throttle",
         "Too many requests.",
         ANSWER("NET-01 NET-05"),
         {{"status", FAULT_INTEGER, "429", 400, 599, false, "the status", NULL},
          {"retry_after", FAULT_VALUE, "2", 0, 0, false,
           "the Retry-After: a number of seconds or a text; null = none", NULL}},
         throttle},
        {"v2-missing",
         "404, as a host has it that knows IMDS v1 only.",
         "META-07",
         FAULT_AT_ANSWER,
         FAULT_BIT(ENDPOINT_METADATA) | FAULT_BIT(ENDPOINT_PROBE) | FAULT_BIT(ENDPOINT_ISSUE),
         0,
         {{0}},
         v2_missing},
        {"probe-answer",
         "The probe without Metadata header is not answered 400.",
         "META-08",
         FAULT_AT_ANSWER,
         FAULT_BIT(ENDPOINT_PROBE),
         0,
         {{"status", FAULT_INTEGER, "200", 200, 599, false, "the status: 200, 404, 500, ...",
           NULL}},
         probe_answer},
        {"server-missing",
         "The answer has no Server header.",
         "META-06",
         FAULT_AT_RESPONSE,
         FAULT_IMDS,
         0,
         {{0}},
         no_server},
        {"server-other",
         "The answer's Server header names somebody else.",
         "META-06",
         FAULT_AT_RESPONSE,
         FAULT_IMDS,
         0,
         {{"value", FAULT_TEXT, "\"nginx\"", 0, 0, false, "a text for the header", is_line}},
         wrong_server},
        {"http-content-type",
         "The answer has another Content-Type.",
         RESPONSE("ISSUE-02 STS-03"),
         {{"value", FAULT_TEXT, "\"text/html\"", 0, 0, false, "the Content-Type; \"\" = none",
           is_type}},
         content_type},
        {"http-header",
         "The answer has a header more, or other, or less.",
         RESPONSE(""),
         {{"name", FAULT_TEXT, NULL, 0, 0, false, "the name; not one that frames the answer",
           is_name},
          {"value", FAULT_TEXT, "null", 0, 0, true, "a text for it; null = without it", is_line}},
         header},
        {"http-body",
         "The answer has another body; the endpoint has done its work.",
         RESPONSE("META-05 ISSUE-02 STS-03"),
         {{"body", FAULT_VALUE, "null", 0, 0, false,
           "a text is sent as it is, another value as JSON; null = empty", NULL}},
         body},
        {"http-oversized",
         "The answer is followed by white space up to a size.",
         RESPONSE("NET-04"),
         {{"bytes", FAULT_INTEGER, "2097152", 1, BYTES_MAX, false, "the size of the body", NULL}},
         oversized},
};

const struct fault_family fault_family_http = {"http", "HTTP answers", kinds, TEXT_COUNT(kinds)};
