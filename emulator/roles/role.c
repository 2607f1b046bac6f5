/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "role.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

void role_call_init(struct role_call *call, struct world *world, const struct http_request *request,
                    struct http_response *response, struct journal_notes *notes)
{
	struct snapshot *snapshot = world_hold(world);
	const struct config_host *host = config_find_host(&snapshot->config, request->host);

	*call = (struct role_call){
	        .world = world,
	        .request = request,
	        .response = response,
	        .notes = notes,
	        .config = &snapshot->config,
	        .host = host ? host : &snapshot->config.host,
	        .snapshot = snapshot,
	        .modes = snapshot->modes,
	        .now_s = world_now_s(world),
	};
	role_note_correlation(call);
}

void role_call_free(struct role_call *call)
{
	snapshot_release(call->snapshot);
	call->snapshot = NULL;
}

const struct role_rule *role_judge(const struct role_rule *rows, size_t count, const void *facts,
                                   struct role_call *call, char detail[ROLE_DETAIL_SIZE])
{
	for (size_t i = 0; i < count; i++) {
		detail[0] = '\0';
		if (call->modes.mode[rows[i].rule] == RULE_OFF)
			continue;
		if (rows[i].broken(facts, detail) &&
		    rule_breach(&call->modes, rows[i].rule, &call->notes->findings, "%s", detail))
			return &rows[i];
	}
	return NULL;
}

void role_words(const char *words, const char *detail, struct bytes *out)
{
	const char *hole = strstr(words, "{}");

	if (!hole) {
		bytes_add_text(out, words);
		return;
	}
	bytes_add(out, words, (size_t)(hole - words));
	bytes_add_text(out, detail);
	bytes_add_text(out, hole + 2);
}

void role_send_json(struct role_call *call, int status, const cJSON *json)
{
	struct http_response *response = call->response;

	response->status = status;
	bytes_clear(&response->body);
	json_print(json, &response->body);
	if (bytes_done(&response->body, "answer", NULL) == MSIV2_OK)
		return;
	response->status = 500;
	bytes_free(&response->body);
}

void role_refuse(struct role_call *call, const struct role_answer *answer, const char *detail,
                 const cJSON *more)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) words = {0};
	const cJSON *member;

	role_words(answer->words, detail, &words);
	cJSON_AddStringToObject(json, "error", answer->error);
	cJSON_AddStringToObject(json, "error_description", bytes_text(&words));
	cJSON_ArrayForEach(member, more)
	        cJSON_AddItemToObject(json, member->string, cJSON_Duplicate(member, true));
	role_note(call->notes->error, sizeof(call->notes->error), answer->error);
	role_send_json(call, answer->status, json);
}

void role_fail(struct role_call *call, const struct msiv2_error *err)
{
	static const struct role_answer answer = {500, "internal_error", 0,
	                                          "the emulator failed: {}"};

	log_line(&call->world->log, MSIV2_LOG_ERROR, "%s: %s", msiv2_error_where(err),
	         msiv2_error_message(err));
	role_refuse(call, &answer, msiv2_error_message(err), NULL);
}

bool role_refuse_broken_body(struct role_call *call)
{
	static const struct role_answer too_large = {413, "invalid_request", 0,
	                                             "the request body is too large"};
	static const struct role_answer truncated = {
	        400, "invalid_request", 0, "the request body is shorter than it was declared"};

	if (call->request->body_too_large)
		role_refuse(call, &too_large, "", NULL);
	else if (call->request->body_truncated)
		role_refuse(call, &truncated, "", NULL);
	else
		return false;
	return true;
}

void role_note(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

void role_note_correlation(struct role_call *call)
{
	static const char *const names[] = {"x-ms-client-request-id", "client-request-id",
	                                    "x-ms-correlation-id"};

	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		const char *value = http_header(call->request, names[i], NULL);

		if (text_empty(value))
			continue;
		(void)snprintf(call->notes->correlation_id, sizeof(call->notes->correlation_id),
		               "%.*s", JOURNAL_ID_SIZE - 1, value);
		return;
	}
}

const char *role_uuid_header_fault(const struct http_request *request, const char *name)
{
	size_t count = 0;
	const char *value = http_header(request, name, &count);

	if (count == 0)
		return "missing";
	if (count > 1)
		return "given twice";
	return text_is_uuid(value) ? NULL : "not a GUID";
}

bool role_content_type_is(const struct http_request *request, const char *type)
{
	size_t count = 0;
	const char *value = http_header(request, "Content-Type", &count);
	size_t len = strlen(type);
	const char *charset;

	if (count != 1 || !text_starts_nocase(value, type))
		return false;
	if (value[len] != '\0' && value[len] != ';' && value[len] != ' ')
		return false;
	charset = strcasestr(value, "charset=");
	if (!charset)
		return true;
	charset += strlen("charset=");
	if (charset[0] == '"')
		charset++;
	return text_starts_nocase(charset, "utf-8");
}
