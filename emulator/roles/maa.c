/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "maa.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "emulator/instruments/fault_run.h"
#include "emulator/nonces.h"
#include "emulator/pki/attest_keyguard.h"
#include "emulator/pki/attest_token.h"
#include "emulator/pki/attest_tpm.h"
#include "emulator/pki/device_ca.h"
#include "emulator/query.h"

#define PREFIX      "/maa"
#define API_VERSION "2023-04-01-preview"

_Static_assert(NONCE_LEN == ATTEST_NONCE_LEN, "one length of nonces");

struct maa_endpoint {
	const char *path;
	const char *method;
	enum endpoint endpoint;
	bool versioned; /* asks for api-version */
	enum attest_kind kind;
	void (*answer)(struct role_call *call, const struct maa_endpoint *endpoint);
};

/* What the rules look at. */
struct maa_facts {
	const struct http_request *request;
	const struct maa_endpoint *endpoint;
	const struct query *query;
};

static bool wrong_method(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct maa_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "asked with %.20s", f->request->method);
	return !text_equal(f->request->method, f->endpoint->method);
}

static bool wrong_version(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct maa_facts *f = facts;
	size_t count = 0;
	const char *version = query_get(f->query, "api-version", &count);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "api-version is not " API_VERSION ", once");
	return f->endpoint->versioned && (count != 1 || !text_equal(version, API_VERSION));
}

static bool wrong_content_type(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct maa_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "the Content-Type is not application/json");
	return text_equal(f->endpoint->method, "POST") &&
	       !role_content_type_is(f->request, "application/json");
}

static const struct role_rule rows[] = {
        {RULE_ATT_METHOD, wrong_method, {405, "attest-method", 0, "Method not allowed: {}"}},
        {RULE_ATT_VERSION, wrong_version, {400, "attest-api-version", 0, "{}"}},
        {RULE_ATT_CONTENT_TYPE, wrong_content_type, {415, "attest-content-type", 0, "{}"}},
};

/* {"error":{"code","message"}} */
static void refuse(struct role_call *call, int status, const char *code, const char *message)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *error = cJSON_AddObjectToObject(json, "error");

	cJSON_AddStringToObject(error, "code", code);
	cJSON_AddStringToObject(error, "message", message);
	role_note(call->notes->error, sizeof(call->notes->error), code);
	role_send_json(call, status, json);
}

static void fail(struct role_call *call, const struct msiv2_error *err)
{
	log_line(&call->world->log, MSIV2_LOG_ERROR, "%s: %s", msiv2_error_where(err),
	         msiv2_error_message(err));
	refuse(call, 500, "internal_error", "the emulator failed");
}

static void answer_nonce(struct role_call *call, const struct maa_endpoint *endpoint)
{
	struct world *world = call->world;
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_error err = {0};
	uint8_t nonce[NONCE_LEN];

	(void)endpoint;
	/* Whoever asks for a nonce will want a token: the key is made meanwhile. */
	if (attest_tokens_prepare(world->attest_tokens, &err) != MSIV2_OK ||
	    nonces_give(world->nonces, call->now_s, nonce, &err) != MSIV2_OK) {
		fail(call, &err);
		return;
	}
	base64url_encode(nonce, sizeof(nonce), &text);
	cJSON_AddStringToObject(json, "nonce", bytes_text(&text));
	http_add_header(call->response, "Cache-Control", "no-store");
	role_send_json(call, 200, json);
}

static void answer_certs(struct role_call *call, const struct maa_endpoint *endpoint)
{
	struct msiv2_error err = {0};

	(void)endpoint;
	if (attest_tokens_jwks(call->world->attest_tokens, &call->response->body, &err) !=
	    MSIV2_OK) {
		bytes_free(&call->response->body);
		fail(call, &err);
		return;
	}
	call->response->status = 200;
}

static const char *use_nonce(void *ctx, const uint8_t nonce[ATTEST_NONCE_LEN])
{
	struct role_call *call = ctx;

	return nonces_use(call->world->nonces, nonce, call->now_s);
}

/* ATT-04. */
static enum msiv2_rc issue(struct role_call *call, enum attest_kind kind,
                           const struct attest_verdict *verdict, struct bytes *jwt,
                           struct msiv2_error *err)
{
	struct world *world = call->world;
	const struct attest_claims claims = {
	        .base = world->attestation_endpoint,
	        .kind = kind,
	        .nonce = bytes_text(&verdict->nonce),
	        .n = bytes_text(&verdict->n),
	        .e = bytes_text(&verdict->e),
	        .issued_at_s = call->now_s,
	        .expires_at_s = call->now_s + call->config->attestation_token_lifetime_s,
	        .editor = fault_run_editor(call->request->faults),
	};
	char jti[UUID_TEXT_SIZE];

	TRY(attest_tokens_issue(world->attest_tokens, &claims, jwt, jti, err));
	role_note(call->notes->token_type, sizeof(call->notes->token_type), "attestation");
	role_note(call->notes->token_jti, sizeof(call->notes->token_jti), jti);
	return MSIV2_OK;
}

static void answer_token(struct role_call *call, enum attest_kind kind,
                         const struct attest_verdict *verdict)
{
	OWNED_STRUCT(bytes) jwt = {.secret = true};
	OWNED(cJSON) *json = cJSON_CreateObject();
	struct msiv2_error err = {0};

	if (issue(call, kind, verdict, &jwt, &err) != MSIV2_OK) {
		fail(call, &err);
		return;
	}
	cJSON_AddStringToObject(json, "token", bytes_text(&jwt));
	http_add_header(call->response, "Cache-Control", "no-store");
	role_send_json(call, 200, json);
}

/* ATT-03: evidence against a token. */
static void answer_attest(struct role_call *call, const struct maa_endpoint *endpoint)
{
	const struct http_request *request = call->request;
	const struct attest_bench bench = {
	        .device_ca = device_ca_certificate(call->world->device_ca),
	        .now_s = call->now_s,
	        .use_nonce = use_nonce,
	        .nonce_ctx = call,
	        .modes = &call->modes,
	        .findings = &call->notes->findings,
	};
	OWNED_STRUCT(attest_verdict) verdict = {0};
	struct msiv2_error err = {0};
	enum msiv2_rc rc;

	if (endpoint->kind == ATTEST_KEYGUARD)
		rc = attest_keyguard_judge(request->body, request->body_len, &bench, &verdict,
		                           &err);
	else
		rc = attest_tpm_judge(request->body, request->body_len, &bench, &verdict, &err);
	if (rc != MSIV2_OK)
		fail(call, &err);
	else if (verdict.refused)
		refuse(call, 400, rule_get(verdict.rule)->name, verdict.reason);
	else
		answer_token(call, endpoint->kind, &verdict);
}

static const struct maa_endpoint endpoints[] = {
        {PREFIX "/attest/nonce", "GET", ENDPOINT_ATTEST_NONCE, true, ATTEST_KEYGUARD, answer_nonce},
        {PREFIX "/attest/keyguard", "POST", ENDPOINT_ATTEST_KEYGUARD, true, ATTEST_KEYGUARD,
         answer_attest},
        {PREFIX "/attest/tpm", "POST", ENDPOINT_ATTEST_TPM, true, ATTEST_TPM, answer_attest},
        {PREFIX "/certs", "GET", ENDPOINT_MAA_CERTS, false, ATTEST_KEYGUARD, answer_certs},
};

static const struct maa_endpoint *find_endpoint(const char *path)
{
	for (size_t i = 0; i < TEXT_COUNT(endpoints); i++)
		if (text_equal_nocase(path, endpoints[i].path))
			return &endpoints[i];
	return NULL;
}

enum endpoint maa_endpoint(const char *path)
{
	const struct maa_endpoint *endpoint = find_endpoint(path);

	return endpoint != NULL ? endpoint->endpoint : ENDPOINT_UNKNOWN;
}

/* Judges the frame and answers when it is refused; true when it was. */
static bool refused(struct role_call *call, const struct maa_facts *facts)
{
	char detail[ROLE_DETAIL_SIZE] = "";
	OWNED_STRUCT(bytes) words = {0};
	const struct role_rule *row = role_judge(rows, TEXT_COUNT(rows), facts, call, detail);

	if (row == NULL)
		return false;
	role_words(row->answer.words, detail, &words);
	if (row->answer.status == 405)
		http_add_header(call->response, "Allow", facts->endpoint->method);
	refuse(call, row->answer.status, row->answer.error, bytes_text(&words));
	return true;
}

static bool refused_broken_body(struct role_call *call)
{
	if (call->request->body_too_large)
		refuse(call, 413, "invalid_request", "the request body is too large");
	else if (call->request->body_truncated)
		refuse(call, 400, "invalid_request", "the request body is cut short");
	else
		return false;
	return true;
}

bool maa_has_path(const char *path)
{
	return text_equal(path, PREFIX) || text_starts(path, PREFIX "/");
}

void maa_answer(struct role_call *call)
{
	static const struct blame blame = {MSIV2_CONFIG, "query"};
	const struct http_request *request = call->request;
	OWNED_STRUCT(query) query = {0};
	struct maa_facts facts = {
	        .request = request, .endpoint = find_endpoint(request->path), .query = &query};
	struct msiv2_error err = {0};

	if (facts.endpoint == NULL) {
		refuse(call, 404, "not_found", "Not found");
		return;
	}
	call->notes->endpoint = facts.endpoint->endpoint;
	if (query_parse(request->query, request->query ? strlen(request->query) : 0, &blame, &query,
	                &err) != MSIV2_OK) {
		refuse(call, 400, "invalid_request", "the query is not well-formed");
		return;
	}
	if (!refused_broken_body(call) && !refused(call, &facts))
		facts.endpoint->answer(call, facts.endpoint);
}
