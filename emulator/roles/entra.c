/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "entra.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/text.h"

/* Entra writes its timestamps with a space: "2026-11-21 03:00:00Z". */
static void timestamp_of(int64_t time_s, char out[CLOCK_TEXT_SIZE])
{
	clock_format_utc(time_s, out);
	for (char *c = out; *c != '\0'; c++)
		if (*c == 'T')
			*c = ' ';
}

void entra_add_headers(struct role_call *call, const char *trace_id)
{
	http_add_header(call->response, "Cache-Control", "no-store, no-cache");
	http_add_header(call->response, "Pragma", "no-cache");
	http_add_header(call->response, "x-ms-request-id", trace_id);
	if (text_is_uuid(call->notes->correlation_id))
		http_add_header(call->response, "client-request-id", call->notes->correlation_id);
}

/* The correlation id that is answered: the request's when it is a GUID, otherwise a new one. */
static void correlation_of(struct role_call *call, char out[UUID_TEXT_SIZE])
{
	if (text_is_uuid(call->notes->correlation_id) &&
	    text_copy(out, UUID_TEXT_SIZE, call->notes->correlation_id))
		return;
	if (!rng_uuid(call->world->rng, out))
		out[0] = '\0';
}

void entra_refuse(struct role_call *call, const struct role_answer *answer, const char *detail)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) words = {0};
	OWNED_STRUCT(bytes) uri = {0};
	char trace_id[UUID_TEXT_SIZE] = "";
	char correlation_id[UUID_TEXT_SIZE] = "";
	char timestamp[CLOCK_TEXT_SIZE];

	if (!rng_uuid(call->world->rng, trace_id))
		trace_id[0] = '\0';
	correlation_of(call, correlation_id);
	timestamp_of(call->now_s, timestamp);
	bytes_addf(&words, "AADSTS%d: ", answer->aadsts);
	role_words(answer->words, detail, &words);
	bytes_addf(&words, " Trace ID: %s Correlation ID: %s Timestamp: %s", trace_id,
	           correlation_id, timestamp);
	bytes_addf(&uri, "%s/error?code=%d", call->world->sts_base, answer->aadsts);
	cJSON_AddStringToObject(json, "error", answer->error);
	cJSON_AddStringToObject(json, "error_description", bytes_text(&words));
	cJSON_AddItemToObject(json, "error_codes", cJSON_CreateIntArray(&answer->aadsts, 1));
	cJSON_AddStringToObject(json, "timestamp", timestamp);
	cJSON_AddStringToObject(json, "trace_id", trace_id);
	cJSON_AddStringToObject(json, "correlation_id", correlation_id);
	cJSON_AddStringToObject(json, "error_uri", bytes_text(&uri));
	role_note(call->notes->error, sizeof(call->notes->error), answer->error);
	entra_add_headers(call, trace_id);
	role_send_json(call, answer->status, json);
}
