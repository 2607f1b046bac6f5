/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "journal_event.h"

#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "redact.h"

#define SHOWN_MAX 512  /* most bytes of one text */
#define FORM_MAX  2048 /* most bytes of a value of a form */

/* Adds a text that is already fit to be shown; "" and NULL are left out. */
static void add_text(cJSON *object, const char *name, const char *text)
{
	if (text && text[0] != '\0')
		cJSON_AddStringToObject(object, name, text);
}

static void add_redacted(cJSON *object, const char *name, const char *text)
{
	OWNED_STRUCT(bytes) shown = {0};

	if (!text)
		return;
	redact_text(text, SHOWN_MAX, &shown);
	cJSON_AddStringToObject(object, name, bytes_text(&shown));
}

/* A header given twice is an array of its values. */
static void add_header(cJSON *headers, const char *name, const char *value)
{
	cJSON *there = cJSON_GetObjectItem(headers, name);
	cJSON *text = cJSON_CreateString(value);

	if (!there) {
		cJSON_AddItemToObject(headers, name, text);
	} else if (cJSON_IsArray(there)) {
		cJSON_AddItemToArray(there, text);
	} else {
		cJSON *both = cJSON_CreateArray();

		cJSON_AddItemToArray(both, cJSON_CreateString(there->valuestring));
		cJSON_AddItemToArray(both, text);
		cJSON_ReplaceItemInObject(headers, name, both);
	}
}

static void add_headers(cJSON *event, const struct http_request *request)
{
	cJSON *headers = cJSON_AddObjectToObject(event, "headers");
	size_t shown = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		OWNED_STRUCT(bytes) name = {0};
		OWNED_STRUCT(bytes) value = {0};

		redact_text(request->headers[i].name, SHOWN_MAX, &name);
		redact_header(request->headers[i].name, request->headers[i].value, SHOWN_MAX,
		              &value);
		shown += name.len + value.len;
		if (shown > JOURNAL_HEADERS_MAX) {
			cJSON_AddNumberToObject(event, "headers_left_out",
			                        (double)(request->header_count - i));
			return;
		}
		add_header(headers, bytes_text(&name), bytes_text(&value));
	}
}

static void add_tls(cJSON *event, const struct tls_facts *tls)
{
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) hex = {0};
	cJSON *object;

	if (!tls)
		return;
	object = cJSON_AddObjectToObject(event, "tls");
	add_text(object, "version", tls->version);
	add_text(object, "cipher", tls->cipher);
	add_redacted(object, "server_name", tls->server_name);
	add_text(object, "alert", tls->alert);
	cJSON_AddBoolToObject(object, "resumed", tls->resumed);
	if (tls->peer && x509_sha256(tls->peer, sha256, NULL) == MSIV2_OK) {
		hex_encode(sha256, sizeof(sha256), &hex);
		add_text(object, "client_certificate_sha256", bytes_text(&hex));
	}
}

static void add_findings(cJSON *event, const struct findings *findings)
{
	cJSON *array = cJSON_AddArrayToObject(event, "findings");

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		const struct rule *rule = rule_get(finding->rule);
		OWNED_STRUCT(bytes) name = {0};
		cJSON *object = cJSON_CreateObject();

		bytes_addf(&name, "%s/%s", rule->id, rule->name);
		add_text(object, "rule", bytes_text(&name));
		add_text(object, "level", rule_level_name(rule->level));
		add_text(object, "mode", finding->rejected ? "reject" : "note");
		cJSON_AddBoolToObject(object, "rejected", finding->rejected);
		add_redacted(object, "detail", finding->detail);
		cJSON_AddItemToArray(array, object);
	}
}

static void add_faults(cJSON *event, const struct journal_notes *notes)
{
	cJSON *array = notes->fault_count > 0 ? cJSON_AddArrayToObject(event, "faults") : NULL;

	for (size_t i = 0; i < notes->fault_count; i++) {
		cJSON *object = cJSON_CreateObject();

		add_text(object, "id", notes->faults[i].id);
		add_text(object, "fault", notes->faults[i].name);
		cJSON_AddItemToArray(array, object);
	}
}

static void add_token(cJSON *event, const struct journal_notes *notes)
{
	cJSON *token;

	if (notes->token_type[0] == '\0')
		return;
	token = cJSON_AddObjectToObject(event, "token");
	add_text(token, "type", notes->token_type);
	add_redacted(token, "jti", notes->token_jti[0] ? notes->token_jti : NULL);
	add_redacted(token, "aud", notes->token_audience);
}

static void add_request(cJSON *event, const struct http_request *request)
{
	OWNED_STRUCT(bytes) query = {0};

	add_text(event, "listener", request->listener);
	add_text(event, "host", request->host);
	add_redacted(event, "method", request->method);
	add_redacted(event, "path", request->path);
	if (request->query) {
		redact_query(request->query, SHOWN_MAX, &query);
		cJSON_AddStringToObject(event, "query", bytes_text(&query));
	}
	add_headers(event, request);
	add_text(event, "peer", request->peer_address);
}

/* What of a token request's form may be seen; never an assertion or a secret (SEC-01). */
static const char *const shown_fields[] = {"grant_type", "client_id", "scope", "token_type",
                                           "claims"};

static bool is_shown(const char *pair, size_t len)
{
	const char *end = memchr(pair, '=', len);

	for (size_t i = 0; end && i < TEXT_COUNT(shown_fields); i++)
		if ((size_t)(end - pair) == strlen(shown_fields[i]) &&
		    memcmp(pair, shown_fields[i], (size_t)(end - pair)) == 0)
			return true;
	return false;
}

static void add_form(cJSON *event, const struct http_request *request)
{
	const char *at = (const char *)request->body;
	const char *end = at + request->body_len;
	OWNED_STRUCT(bytes) shown = {0};
	OWNED_STRUCT(bytes) form = {0};

	while (request->body_len > 0 && at < end) {
		const char *stop = memchr(at, '&', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);

		if (is_shown(at, len))
			bytes_addf(&shown, "%s%.*s", shown.len > 0 ? "&" : "", (int)len, at);
		at += len + 1;
	}
	if (shown.len == 0)
		return;
	redact_query(bytes_text(&shown), FORM_MAX, &form);
	cJSON_AddStringToObject(event, "form", bytes_text(&form));
}

void journal_event_print(const struct http_request *request, const struct http_response *response,
                         const struct journal_notes *notes, const struct journal_times *times,
                         struct bytes *out)
{
	OWNED(cJSON) *event = cJSON_CreateObject();
	char world_time[CLOCK_TEXT_SIZE];

	clock_format_utc(times->world_s, world_time);
	cJSON_AddNumberToObject(event, "mono_us", (double)times->mono_us);
	add_text(event, "world_time", world_time);
	add_text(event, "endpoint", endpoint_name(notes->endpoint));
	add_request(event, request);
	if (notes->endpoint == ENDPOINT_TOKEN)
		add_form(event, request);
	cJSON_AddNumberToObject(event, "status", response->status);
	cJSON_AddItemToObject(event, "error",
	                      notes->error[0] ? cJSON_CreateString(notes->error)
	                                      : cJSON_CreateNull());
	cJSON_AddNumberToObject(event, "request_bytes", (double)request->body_len);
	cJSON_AddNumberToObject(event, "response_bytes", (double)response->body.len);
	add_text(event, "response_type", response->content_type);
	cJSON_AddNumberToObject(event, "duration_us", (double)times->duration_us);
	add_redacted(event, "correlation_id",
	             notes->correlation_id[0] ? notes->correlation_id : NULL);
	add_redacted(event, "client_id", notes->client_id[0] ? notes->client_id : NULL);
	add_text(event, "certificate_sha256", notes->certificate_sha256);
	add_redacted(event, "change", notes->change[0] ? notes->change : NULL);
	add_token(event, notes);
	add_findings(event, &notes->findings);
	add_faults(event, notes);
	add_tls(event, request->tls);
	json_print(event, out);
}
