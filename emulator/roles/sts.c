/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "sts.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "emulator/instruments/fault_run.h"
#include "emulator/pki/tokens.h"
#include "entra.h"
#include "issued.h"
#include "sts_rules.h"

#define DEFAULT_SUFFIX "/.default"

/* Judges one table and answers when a row rejects; true when it did. */
static bool refused(struct role_call *call, const struct sts_facts *facts,
                    const struct role_rule *(*table)(size_t *count))
{
	char detail[ROLE_DETAIL_SIZE] = "";
	size_t count = 0;
	const struct role_rule *rows = table(&count);
	const struct role_rule *row = role_judge(rows, count, facts, call, detail);

	if (row)
		entra_refuse(call, &row->answer, detail);
	return row != NULL;
}

/* What no token can be made without, whatever the modes say: a form, a client, a certificate to
 * bind to. True when it is lacking; the answer is then that of its rule. */
static bool lacks_basis(struct role_call *call, const struct sts_facts *facts)
{
	static const struct role_answer no_form = {400, "invalid_request", 9002313,
	                                           "Invalid request: {}."};
	static const struct role_answer no_client = {
	        400, "unauthorized_client", 700016,
	        "Application with identifier '{}' was not found in the directory."};
	static const struct role_answer no_certificate = {
	        400, "invalid_request", 392200, "Client certificate is missing from the request."};

	if (facts->form_fault[0] != '\0')
		entra_refuse(call, &no_form, facts->form_fault);
	else if (!facts->identity)
		entra_refuse(call, &no_client, "");
	else if (facts->wants_pop && facts->thumbprint[0] == '\0')
		entra_refuse(call, &no_certificate, "");
	else
		return false;
	return true;
}

/* The audience: the scope without its suffix. Where that rule only notes, the scope as it is. */
static void audience_of(const char *scope, struct bytes *out)
{
	size_t len = scope ? strlen(scope) : 0;
	size_t suffix_len = strlen(DEFAULT_SUFFIX);

	if (len > suffix_len && strcmp(scope + len - suffix_len, DEFAULT_SUFFIX) == 0)
		len -= suffix_len;
	bytes_add(out, scope ? scope : "", len);
}

static int64_t lifetime_s(const struct role_call *call, const struct sts_facts *facts)
{
	return config_token_lifetime_s(call->config, facts->host, facts->identity);
}

/* TOK-01. */
static enum msiv2_rc make_token(struct role_call *call, const struct sts_facts *facts,
                                struct bytes *jwt, char jti[UUID_TEXT_SIZE],
                                struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) issuer = {0};
	OWNED_STRUCT(bytes) audience = {0};

	bytes_addf(&issuer, "%s/%s/v2.0", call->world->sts_base, facts->tenant_id);
	audience_of(query_get(&facts->form, "scope", NULL), &audience);
	TRY(bytes_done(&issuer, "token", err));
	TRY(bytes_done(&audience, "token", err));
	const struct token_claims claims = {
	        .issuer = bytes_text(&issuer),
	        .audience = bytes_text(&audience),
	        .tenant_id = facts->tenant_id,
	        .client_id = facts->identity->client_id,
	        .object_id = facts->identity->object_id,
	        .mi_res_id = facts->identity->resource_id,
	        .x5t_s256 = facts->wants_pop ? facts->thumbprint : NULL,
	        .issued_at_s = call->now_s,
	        .expires_at_s = call->now_s + lifetime_s(call, facts),
	        .editor = fault_run_editor(call->request->faults),
	};
	role_note(call->notes->token_audience, sizeof(call->notes->token_audience),
	          bytes_text(&audience));
	return tokens_issue(call->world->tokens, &claims, jwt, jti, err);
}

/* STS-03. */
static void answer_token(struct role_call *call, const struct sts_facts *facts)
{
	const char *type = facts->wants_pop ? "mtls_pop" : "Bearer";
	int64_t expires_in_s = lifetime_s(call, facts);
	OWNED_STRUCT(bytes) jwt = {.secret = true};
	OWNED(cJSON) *json = cJSON_CreateObject();
	char trace_id[UUID_TEXT_SIZE] = "";
	char jti[UUID_TEXT_SIZE] = "";
	struct msiv2_error err = {0};

	if (make_token(call, facts, &jwt, jti, &err) != MSIV2_OK) {
		role_fail(call, &err);
		return;
	}
	issued_token(call, facts->identity->client_id, type, jti, &jwt);
	if (!rng_uuid(call->world->rng, trace_id))
		trace_id[0] = '\0';
	cJSON_AddStringToObject(json, "token_type", type);
	cJSON_AddNumberToObject(json, "expires_in", (double)expires_in_s);
	cJSON_AddNumberToObject(json, "ext_expires_in", (double)expires_in_s);
	cJSON_AddStringToObject(json, "access_token", bytes_text(&jwt));
	entra_add_headers(call, trace_id);
	role_send_json(call, 200, json);
}

void sts_answer(struct role_call *call, const char *tenant)
{
	OWNED_STRUCT(query) form = {0};
	struct msiv2_error err = {0};
	struct sts_facts facts;
	const char *client_id;
	enum msiv2_rc rc;

	call->notes->endpoint = ENDPOINT_TOKEN;
	if (role_refuse_broken_body(call))
		return;
	rc = sts_facts_init(&facts, call, tenant, &err);
	form = facts.form; /* owned here; facts borrows it */
	if (rc != MSIV2_OK) {
		role_fail(call, &err);
		return;
	}
	client_id = query_get(&form, "client_id", NULL);
	if (client_id)
		role_note(call->notes->client_id, sizeof(call->notes->client_id), client_id);
	if (refused(call, &facts, sts_frame_rows) || refused(call, &facts, sts_form_rows) ||
	    refused(call, &facts, sts_certificate_rows) || lacks_basis(call, &facts))
		return;
	answer_token(call, &facts);
}
