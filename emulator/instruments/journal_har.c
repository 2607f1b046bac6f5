/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "journal_har.h"

#include <string.h>

#include "common/text.h"
#include "emulator/query.h"
#include "event_key.h"

static const char *text_at(const cJSON *event, const char *at)
{
	const char *text = cJSON_GetStringValue(event_at(event, at));

	return text ? text : "";
}

static double number_at(const cJSON *event, const char *at)
{
	const cJSON *member = event_at(event, at);

	return cJSON_IsNumber(member) ? member->valuedouble : 0;
}

bool har_has(const cJSON *event)
{
	return !text_empty(text_at(event, "method")) && number_at(event, "status") > 0;
}

void har_begin(struct bytes *out)
{
	bytes_add_text(out,
	               "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":"
	               "\"msiv2-emulator\",\"version\":\"" MSIV2_VERSION_TEXT "\"},\"entries\":[");
}

void har_end(struct bytes *out)
{
	bytes_add_text(out, "]}}");
}

static void add_pair(cJSON *array, const char *name, const char *value)
{
	cJSON *pair = cJSON_CreateObject();

	cJSON_AddStringToObject(pair, "name", name);
	cJSON_AddStringToObject(pair, "value", value ? value : "");
	cJSON_AddItemToArray(array, pair);
}

static void add_headers(cJSON *object, const cJSON *event)
{
	cJSON *array = cJSON_AddArrayToObject(object, "headers");
	const cJSON *header;
	const cJSON *value;

	cJSON_ArrayForEach(header, event_at(event, "headers"))
	{
		if (!cJSON_IsArray(header)) {
			add_pair(array, header->string, cJSON_GetStringValue(header));
			continue;
		}
		cJSON_ArrayForEach(value, header)
		        add_pair(array, header->string, cJSON_GetStringValue(value));
	}
}

static void add_query(cJSON *object, const char *text)
{
	static const struct blame blame = {MSIV2_CONFIG, "query"};
	cJSON *array = cJSON_AddArrayToObject(object, "queryString");
	OWNED_STRUCT(query) query = {0};

	if (query_parse(text, strlen(text), &blame, &query, NULL) != MSIV2_OK)
		return;
	for (size_t i = 0; i < query.count; i++)
		add_pair(array, query.params[i].name, query.params[i].value);
}

/* The address that was asked: the Host header's, or else the listener's name. */
static void add_url(cJSON *object, const cJSON *event)
{
	const cJSON *host = cJSON_GetObjectItem(event_at(event, "headers"), "Host");
	const char *query = cJSON_GetStringValue(event_at(event, "query"));
	OWNED_STRUCT(bytes) url = {0};

	bytes_addf(&url, "%s://%s%s", event_at(event, "tls") ? "https" : "http",
	           cJSON_IsString(host) ? host->valuestring : text_at(event, "listener"),
	           text_at(event, "path"));
	if (query)
		bytes_addf(&url, "?%s", query);
	cJSON_AddStringToObject(object, "url", bytes_text(&url));
}

static void add_request(cJSON *entry, const cJSON *event)
{
	cJSON *request = cJSON_AddObjectToObject(entry, "request");

	cJSON_AddStringToObject(request, "method", text_at(event, "method"));
	add_url(request, event);
	cJSON_AddStringToObject(request, "httpVersion", "HTTP/1.1");
	cJSON_AddArrayToObject(request, "cookies");
	add_headers(request, event);
	add_query(request, text_at(event, "query"));
	cJSON_AddNumberToObject(request, "headersSize", -1);
	cJSON_AddNumberToObject(request, "bodySize", number_at(event, "request_bytes"));
}

static void add_response(cJSON *entry, const cJSON *event)
{
	cJSON *response = cJSON_AddObjectToObject(entry, "response");
	double size = number_at(event, "response_bytes");
	const char *told = text_at(event, "response_type");
	const char *type = told[0] ? told : "application/json; charset=utf-8";
	cJSON *headers, *content;

	cJSON_AddNumberToObject(response, "status", number_at(event, "status"));
	cJSON_AddStringToObject(response, "statusText", "");
	cJSON_AddStringToObject(response, "httpVersion", "HTTP/1.1");
	cJSON_AddArrayToObject(response, "cookies");
	headers = cJSON_AddArrayToObject(response, "headers");
	add_pair(headers, "Content-Type", type);
	content = cJSON_AddObjectToObject(response, "content");
	cJSON_AddNumberToObject(content, "size", size);
	cJSON_AddStringToObject(content, "mimeType", type);
	cJSON_AddStringToObject(response, "redirectURL", "");
	cJSON_AddNumberToObject(response, "headersSize", -1);
	cJSON_AddNumberToObject(response, "bodySize", size);
}

static void add_copy(cJSON *entry, const char *name, const cJSON *event, const char *at)
{
	const cJSON *member = event_at(event, at);

	if (member)
		cJSON_AddItemToObject(entry, name, cJSON_Duplicate(member, true));
}

static void add_own_members(cJSON *entry, const cJSON *event)
{
	static const char *const copied[][2] = {
	        {"_seq", "seq"},
	        {"_mono_us", "mono_us"},
	        {"_endpoint", "endpoint"},
	        {"_listener", "listener"},
	        {"_host", "host"},
	        {"_error", "error"},
	        {"_correlation_id", "correlation_id"},
	        {"_client_id", "client_id"},
	        {"_findings", "findings"},
	        {"_faults", "faults"},
	        {"_tls", "tls"},
	};

	for (size_t i = 0; i < TEXT_COUNT(copied); i++)
		add_copy(entry, copied[i][0], event, copied[i][1]);
}

void har_add_entry(const cJSON *event, struct bytes *out)
{
	OWNED(cJSON) *entry = cJSON_CreateObject();
	double took_ms = number_at(event, "duration_us") / 1000;
	cJSON *timings;

	cJSON_AddStringToObject(entry, "startedDateTime", text_at(event, "world_time"));
	cJSON_AddNumberToObject(entry, "time", took_ms);
	add_request(entry, event);
	add_response(entry, event);
	cJSON_AddObjectToObject(entry, "cache");
	timings = cJSON_AddObjectToObject(entry, "timings");
	cJSON_AddNumberToObject(timings, "send", 0);
	cJSON_AddNumberToObject(timings, "wait", took_ms);
	cJSON_AddNumberToObject(timings, "receive", 0);
	add_own_members(entry, event);
	json_print(entry, out);
}
