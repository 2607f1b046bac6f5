/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin.h"

#include <stdio.h>
#include <string.h>

#include "admin_table.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/text.h"

#define WHERE "admin"

const struct blame admin_body_blame = {MSIV2_CONFIG, "body"};

enum msiv2_rc admin_send(struct admin_call *call, const cJSON *json, struct msiv2_error *err)
{
	json_print(json, &call->response->body);
	return bytes_done(&call->response->body, WHERE, err);
}

enum msiv2_rc admin_send_ok(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "status", "ok");
	return admin_send(call, json, err);
}

enum msiv2_rc admin_send_problem(struct admin_call *call, int status, const char *detail)
{
	admin_problem(call->response, status, detail);
	return MSIV2_OK;
}

static const char *problem_title(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {
	        {401, "Unauthorized"},
	        {403, "Forbidden"},
	        {404, "Not Found"},
	        {405, "Method Not Allowed"},
	        {409, "Conflict"},
	        {413, "Content Too Large"},
	        {429, "Too Many Requests"},
	        {500, "Internal Server Error"},
	        {503, "Service Unavailable"},
	};

	for (size_t i = 0; i < TEXT_COUNT(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Bad Request";
}

void admin_problem(struct http_response *response, int status, const char *detail)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "type", "about:blank");
	cJSON_AddStringToObject(json, "title", problem_title(status));
	cJSON_AddNumberToObject(json, "status", status);
	cJSON_AddStringToObject(json, "detail", detail);
	response->status = status;
	response->content_type = "application/problem+json";
	bytes_free(&response->body);
	json_print(json, &response->body);
}

/* Makes a change of the world an event among the exchanges it decides. */
static void journal_change(const struct admin_call *call, enum endpoint event, int64_t start_us)
{
	const struct msiv2_clock *clock = clock_system();
	struct journal_notes notes = {.endpoint = event};
	struct journal_times times = {.mono_us = clock_mono_us(clock),
	                              .world_s = world_now_s(call->world)};
	OWNED_STRUCT(bytes) body = {0};

	times.duration_us = times.mono_us - start_us;
	if (call->body) {
		json_print(call->body, &body);
		(void)snprintf(notes.change, sizeof(notes.change), "%s", bytes_text(&body));
	}
	journal_add(call->world->journal, call->request, call->response, &notes, &times);
}

/* Reads what the route takes and runs it. */
static enum msiv2_rc run(const struct admin_route *route, struct admin_call *call,
                         struct msiv2_error *err)
{
	static const struct blame query_blame = {MSIV2_CONFIG, "query"};
	const struct http_request *request = call->request;
	OWNED_STRUCT(query) query = {0};
	OWNED(cJSON) *body = NULL;
	int64_t start_us = clock_mono_us(clock_system());

	TRY(query_parse(request->query, request->query ? strlen(request->query) : 0, &query_blame,
	                &query, err));
	if (!(route->takes & ADMIN_QUERY) && query.count > 0)
		return err_set(err, MSIV2_CONFIG, "query", "no query is expected");
	if (route->takes & ADMIN_BODY)
		TRY(json_parse_object(request->body, request->body_len, &admin_body_blame, &body,
		                      err));
	call->query = &query;
	call->body = body;
	TRY(route->answer(call, err));
	if (route->change != ENDPOINT_UNKNOWN && call->response->status < 300)
		journal_change(call, route->change, start_us);
	return MSIV2_OK;
}

/* `allow` lists the methods there are, for 405. */
static void refuse_route(int status, const struct bytes *allow, struct http_response *response)
{
	OWNED_STRUCT(bytes) detail = {0};

	if (status != 405) {
		admin_problem(response, status, "no such route");
		return;
	}
	http_add_header(response, "Allow", bytes_text(allow));
	bytes_addf(&detail, "the methods here are: %s", bytes_text(allow));
	admin_problem(response, status, bytes_text(&detail));
}

void admin_answer(struct world *world, const struct http_request *request,
                  struct http_response *response)
{
	struct admin_call call = {.world = world, .request = request, .response = response};
	OWNED_STRUCT(bytes) allow = {0};
	OWNED_STRUCT(bytes) detail = {0};
	struct msiv2_error err = {0};
	int status = 200;
	const struct admin_route *route =
	        admin_table_find(request->method, request->path, &call.params, &status, &allow);
	enum msiv2_rc rc;

	if (!route) {
		refuse_route(status, &allow, response);
		return;
	}
	if (request->body_too_large || request->body_truncated) {
		admin_problem(response, request->body_too_large ? 413 : 400,
		              request->body_too_large ? "the body is too large"
		                                      : "the body is cut short");
		return;
	}
	response->status = 200;
	rc = run(route, &call, &err);
	if (rc == MSIV2_OK)
		return;
	bytes_addf(&detail, "%s: %s", msiv2_error_where(&err), msiv2_error_message(&err));
	admin_problem(response, rc == MSIV2_CONFIG ? 400 : 500, bytes_text(&detail));
}
