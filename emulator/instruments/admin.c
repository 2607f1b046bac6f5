/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/device_ca.h"
#include "emulator/query.h"

/* One admin request on its way; a handler that fails leaves err and the router answers a problem.
 */
struct admin_call {
	struct world *world;
	const struct http_request *request;
	struct http_response *response;
	const struct query *query;
	const cJSON *body; /* an object; NULL where the route takes none */
};

static const struct blame body_blame = {MSIV2_CONFIG, "body"};

static enum msiv2_rc send_json(struct admin_call *call, const cJSON *json, struct msiv2_error *err)
{
	json_print(json, &call->response->body);
	return bytes_done(&call->response->body, "admin", err);
}

static enum msiv2_rc answer_ok(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "status", "ok");
	return send_json(call, json, err);
}

/* Without a key for tokens half of the world does not work. */
static enum msiv2_rc get_health(struct admin_call *call, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) detail = {0};
	struct msiv2_error why = {0};

	if (tokens_ready(call->world->tokens, &why) == MSIV2_OK)
		return answer_ok(call, err);
	bytes_addf(&detail, "no key for tokens: %s: %s", msiv2_error_where(&why),
	           msiv2_error_message(&why));
	TRY(bytes_done(&detail, "admin", err));
	admin_problem(call->response, 503, bytes_text(&detail));
	return MSIV2_OK;
}

static enum msiv2_rc get_version(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "name", "msiv2-emulator");
	cJSON_AddStringToObject(json, "version", MSIV2_VERSION_TEXT);
	cJSON_AddStringToObject(json, "notice", "NOT FOR PRODUCTION"); /* SEC-02 */
	return send_json(call, json, err);
}

static enum msiv2_rc post_reset(struct admin_call *call, struct msiv2_error *err)
{
	world_reset(call->world);
	return answer_ok(call, err);
}

static enum msiv2_rc get_ca(struct admin_call *call, struct msiv2_error *err)
{
	call->response->content_type = "application/x-pem-file";
	bytes_add_text(&call->response->body, call->world->ca_pem);
	return bytes_done(&call->response->body, "admin", err);
}

static enum msiv2_rc get_journal(struct admin_call *call, struct msiv2_error *err)
{
	struct journal_filter filter;

	TRY(journal_filter_read(call->query, &filter, err));
	return journal_json(call->world->journal, &filter, &call->response->body, err);
}

static enum msiv2_rc get_counts(struct admin_call *call, struct msiv2_error *err)
{
	return journal_counts_json(call->world->journal, &call->response->body, err);
}

static enum msiv2_rc get_clock(struct admin_call *call, struct msiv2_error *err)
{
	struct world_clock_state state = world_clock_look(&call->world->clock);
	OWNED(cJSON) *json = cJSON_CreateObject();
	char text[CLOCK_TEXT_SIZE];

	clock_format_utc(state.now_s, text);
	cJSON_AddNumberToObject(json, "now", (double)state.now_s);
	cJSON_AddStringToObject(json, "now_text", text);
	cJSON_AddNumberToObject(json, "offset_s", (double)state.offset_s);
	cJSON_AddBoolToObject(json, "frozen", state.frozen);
	return send_json(call, json, err);
}

/* Exactly one of advance_s, set and frozen. */
static enum msiv2_rc post_clock(struct admin_call *call, struct msiv2_error *err)
{
	const cJSON *member = call->body->child;
	struct world_clock *clock = &call->world->clock;
	int64_t value = 0;

	if (!member || member->next)
		return err_blame(err, &body_blame, "one of advance_s, set and frozen is expected");
	if (text_equal(member->string, "frozen")) {
		if (!cJSON_IsBool(member))
			return err_blame(err, &body_blame, "frozen is not true or false");
		world_clock_freeze(clock, cJSON_IsTrue(member));
		return get_clock(call, err);
	}
	if (!text_equal(member->string, "advance_s") && !text_equal(member->string, "set"))
		return err_blame(err, &body_blame, "unknown member \"%s\"", member->string);
	TRY(json_need_integer(call->body, member->string, -WORLD_CLOCK_MAX_S, WORLD_CLOCK_MAX_S,
	                      false, &body_blame, &value, err));
	if (text_equal(member->string, "set"))
		TRY(world_clock_set(clock, value, err));
	else
		TRY(world_clock_advance(clock, value, err));
	return get_clock(call, err);
}

enum msiv2_rc admin_revoke(struct world *world, const char *sha256, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) raw = {0};

	if (strlen(sha256) != 2 * (size_t)X509_SHA256_LEN ||
	    !hex_decode(sha256, strlen(sha256), &raw) || raw.len != X509_SHA256_LEN)
		return err_set(err, MSIV2_CONFIG, "sha256", "64 hex digits are expected");
	return revocations_add(world->revocations, raw.data, err);
}

/* Exactly one of sha256 and all. */
static enum msiv2_rc post_revoke(struct admin_call *call, struct msiv2_error *err)
{
	const cJSON *member = call->body->child;
	const char *sha256 = NULL;

	if (!member || member->next)
		return err_blame(err, &body_blame, "one of sha256 and all is expected");
	if (text_equal(member->string, "all") && cJSON_IsTrue(member)) {
		revocations_add_all(call->world->revocations, world_now_s(call->world));
		return answer_ok(call, err);
	}
	TRY(json_need_string(call->body, "sha256", &body_blame, &sha256, err));
	TRY(admin_revoke(call->world, sha256, err));
	return answer_ok(call, err);
}

static enum msiv2_rc get_attestation(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "mode",
	                        attestation_mode_name(world_attestation(call->world)));
	return send_json(call, json, err);
}

/* Exactly the member mode. */
static enum msiv2_rc post_attestation(struct admin_call *call, struct msiv2_error *err)
{
	const char *mode = NULL;

	TRY(json_need_string(call->body, "mode", &body_blame, &mode, err));
	if (call->body->child->next)
		return err_blame(err, &body_blame, "mode alone is expected");
	TRY(world_set_attestation(call->world, mode, err));
	return get_attestation(call, err);
}

static enum msiv2_rc get_device_ca(struct admin_call *call, struct msiv2_error *err)
{
	call->response->content_type = "application/x-pem-file";
	return device_ca_pem(call->world->device_ca, &call->response->body, err);
}

/* A certificate for a key that devices attest others with (docs/attestation.md). */
static enum msiv2_rc post_enrol(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) spki = {0};
	OWNED_STRUCT(bytes) der = {0};
	OWNED_STRUCT(bytes) text = {0};
	OWNED(X509) *cert = NULL;
	const char *kind_name = NULL;
	const char *key = NULL;
	enum attest_kind kind;

	TRY(json_need_string(call->body, "kind", &body_blame, &kind_name, err));
	TRY(json_need_string(call->body, "public_key", &body_blame, &key, err));
	if (!attest_kind_from_name(kind_name, &kind))
		return err_blame(err, &body_blame, "kind is neither keyguard nor tpm");
	if (cJSON_GetArraySize(call->body) != 2)
		return err_blame(err, &body_blame, "kind and public_key alone are expected");
	if (!base64url_decode(key, strlen(key), &spki))
		return err_blame(err, &body_blame, "public_key is not base64url");
	TRY(device_ca_enrol(call->world->device_ca, kind, spki.data, spki.len, &cert, err));
	TRY(x509_to_der(cert, &der, err));
	base64url_encode(der.data, der.len, &text);
	TRY(bytes_done(&text, "admin", err));
	cJSON_AddStringToObject(json, "certificate", bytes_text(&text));
	return send_json(call, json, err);
}

static enum msiv2_rc get_rules(struct admin_call *call, struct msiv2_error *err)
{
	struct rule_modes modes = world_modes(call->world);
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *array = cJSON_AddArrayToObject(json, "rules");

	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_get((enum rule_id)i);
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "id", rule->id);
		cJSON_AddStringToObject(object, "name", rule->name);
		cJSON_AddStringToObject(object, "level", rule_level_name(rule->level));
		cJSON_AddStringToObject(object, "mode", rule_mode_name(modes.mode[i]));
		cJSON_AddStringToObject(object, "requirement", rule->requirement);
		cJSON_AddItemToArray(array, object);
	}
	return send_json(call, json, err);
}

/* All changes or none. */
static enum msiv2_rc patch_rules(struct admin_call *call, struct msiv2_error *err)
{
	struct rule_modes scratch = world_modes(call->world);
	const cJSON *member;

	cJSON_ArrayForEach(member, call->body)
	{
		const char *mode = cJSON_GetStringValue(member);

		if (!mode || !rule_modes_set(&scratch, member->string, mode))
			return err_blame(err, &body_blame,
			                 "\"%s\" is not a known rule with a mode "
			                 "(reject, note, off)",
			                 member->string);
	}
	cJSON_ArrayForEach(member, call->body)
	        TRY(world_set_mode(call->world, member->string, member->valuestring, err));
	return get_rules(call, err);
}

/* The routes. A route that takes a body takes one JSON object. */
static const struct route {
	const char *method;
	const char *path;
	bool has_body;
	bool has_query;
	enum msiv2_rc (*answer)(struct admin_call *call, struct msiv2_error *err);
} routes[] = {
        {"GET", "/health", false, false, get_health},
        {"GET", "/version", false, false, get_version},
        {"POST", "/reset", false, false, post_reset},
        {"GET", "/ca.pem", false, false, get_ca},
        {"GET", "/journal", false, true, get_journal},
        {"GET", "/journal/counts", false, false, get_counts},
        {"GET", "/clock", false, false, get_clock},
        {"POST", "/clock", true, false, post_clock},
        {"POST", "/revoke", true, false, post_revoke},
        {"GET", "/attestation", false, false, get_attestation},
        {"POST", "/attestation", true, false, post_attestation},
        {"GET", "/attestation/ca.pem", false, false, get_device_ca},
        {"POST", "/attestation/enrol", true, false, post_enrol},
        {"GET", "/rules", false, false, get_rules},
        {"PATCH", "/rules", true, false, patch_rules},
};

/* The routes that change the world, and the events they are. */
static const struct change {
	enum msiv2_rc (*answer)(struct admin_call *call, struct msiv2_error *err);
	enum endpoint event;
} changes[] = {
        {post_reset, ENDPOINT_RESET},
        {post_clock, ENDPOINT_CLOCK},
        {post_revoke, ENDPOINT_REVOKE},
        {patch_rules, ENDPOINT_RULES},
};

static const char *problem_title(int status)
{
	switch (status) {
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 413:
		return "Content Too Large";
	case 503:
		return "Service Unavailable";
	case 500:
		return "Internal Server Error";
	default:
		return "Bad Request";
	}
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

/* The route of a method and a path. Otherwise NULL, and *status says 404 or 405, the methods there
 * are in *allow. */
static const struct route *find_route(const struct http_request *request, int *status,
                                      struct bytes *allow)
{
	*status = 404;
	for (size_t i = 0; i < TEXT_COUNT(routes); i++) {
		if (!text_equal(routes[i].path, request->path))
			continue;
		if (text_equal(routes[i].method, request->method))
			return &routes[i];
		bytes_addf(allow, "%s%s", allow->len > 0 ? ", " : "", routes[i].method);
		*status = 405;
	}
	return NULL;
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
static enum msiv2_rc run(const struct route *route, struct admin_call *call,
                         struct msiv2_error *err)
{
	static const struct blame query_blame = {MSIV2_CONFIG, "query"};
	const struct http_request *request = call->request;
	OWNED_STRUCT(query) query = {0};
	OWNED(cJSON) *body = NULL;
	int64_t start_us = clock_mono_us(clock_system());

	TRY(query_parse(request->query, request->query ? strlen(request->query) : 0, &query_blame,
	                &query, err));
	if (!route->has_query && query.count > 0)
		return err_set(err, MSIV2_CONFIG, "query", "no query is expected");
	if (route->has_body)
		TRY(json_parse_object(request->body, request->body_len, &body_blame, &body, err));
	call->query = &query;
	call->body = body;
	TRY(route->answer(call, err));
	for (size_t i = 0; i < TEXT_COUNT(changes); i++)
		if (changes[i].answer == route->answer)
			journal_change(call, changes[i].event, start_us);
	return MSIV2_OK;
}

void admin_answer(struct world *world, const struct http_request *request,
                  struct http_response *response)
{
	struct admin_call call = {.world = world, .request = request, .response = response};
	OWNED_STRUCT(bytes) allow = {0};
	OWNED_STRUCT(bytes) detail = {0};
	struct msiv2_error err = {0};
	int status = 200;
	const struct route *route = find_route(request, &status, &allow);
	enum msiv2_rc rc;

	if (!route) {
		if (status == 405)
			http_add_header(response, "Allow", bytes_text(&allow));
		admin_problem(response, status, status == 405 ? "method" : "no such route");
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
