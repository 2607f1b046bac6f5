/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "issue.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/csr_rules.h"
#include "emulator/revocations.h"

static const struct blame body_blame = {MSIV2_CONFIG, "body"};

static bool wrong_content_type(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct http_request *request = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "not application/json");
	return !role_content_type_is(request, "application/json");
}

static const struct role_rule frame_rows[] = {
        {RULE_ISSUE_CONTENT_TYPE,
         wrong_content_type,
         {415, "invalid_request", 0, "The Content-Type is not application/json"}},
};

static bool unknown_member(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const cJSON *body = facts;
	const cJSON *member;

	cJSON_ArrayForEach(member, body)
	{
		if (text_equal(member->string, "csr") ||
		    text_equal(member->string, "attestation_token"))
			continue;
		(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s", member->string);
		return true;
	}
	return false;
}

static const struct role_rule body_rows[] = {
        {RULE_ISSUE_MEMBERS,
         unknown_member,
         {400, "invalid_request", 0, "Unknown member in the request: {}"}},
};

/* Judges the rows and answers when one rejects; true when it did. */
static bool refused(struct role_call *call, const struct role_rule *rows, size_t count,
                    const void *facts)
{
	char detail[ROLE_DETAIL_SIZE] = "";
	const struct role_rule *row = role_judge(rows, count, facts, call, detail);

	if (row)
		role_refuse(call, &row->answer, detail, NULL);
	return row != NULL;
}

/* Parses the body; false after a refusal. A body that cannot be read is refused whatever the mode
 * of its rule: there is nothing to go on with. */
static bool read_body(struct role_call *call, cJSON **body, const char **csr)
{
	static const struct role_answer bad_body = {400, "invalid_request", 0,
	                                            "The request body is not valid: {}"};
	const struct http_request *request = call->request;
	const char *attestation = NULL;
	struct msiv2_error err = {0};
	enum msiv2_rc rc;

	rc = json_parse_object(request->body, request->body_len, &body_blame, body, &err);
	if (rc == MSIV2_OK)
		rc = json_need_string(*body, "csr", &body_blame, csr, &err);
	if (rc == MSIV2_OK) /* ATT-02: "", null and absent are alike */
		rc = json_may_string(*body, "attestation_token", &body_blame, &attestation, &err);
	if (rc == MSIV2_OK)
		return true;
	if (rc != MSIV2_CONFIG) {
		role_fail(call, &err);
		return false;
	}
	if (rule_breach(&call->modes, RULE_ISSUE_BODY, &call->notes->findings, "%s", err.message))
		log_line(&call->world->log, MSIV2_LOG_DEBUG, "issue: %s", err.message);
	role_refuse(call, &bad_body, err.message, NULL);
	return false;
}

/* ISSUE-03: signs the certificate and tells the world of it. */
static enum msiv2_rc issue(struct role_call *call, const struct csr_verdict *verdict,
                           struct bytes *der, struct msiv2_error *err)
{
	struct world *world = call->world;
	int64_t not_before_s = call->now_s - world->config.certificate_backdate_s;
	const struct ca_leaf leaf = {
	        .subject = verdict->subject,
	        .public_key = verdict->public_key,
	        .not_before_s = not_before_s > 0 ? not_before_s : 0,
	        .not_after_s = call->now_s + world->config.certificate_lifetime_s,
	};
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) hex = {0};
	OWNED(X509) *cert = NULL;

	TRY(ca_issue(world->ca, &leaf, &cert, err));
	TRY(x509_to_der(cert, der, err));
	TRY(x509_sha256(cert, sha256, err));
	hex_encode(sha256, sizeof(sha256), &hex);
	TRY(bytes_done(&hex, "issue", err));
	role_note(call->notes->certificate_sha256, JOURNAL_SHA256_SIZE, bytes_text(&hex));
	return revocations_issued(world->revocations, sha256, call->now_s, err);
}

/* ISSUE-02. */
static void answer_certificate(struct role_call *call, const struct config_identity *identity,
                               const struct bytes *der)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) base64 = {0};

	base64_encode(der->data, der->len, &base64);
	cJSON_AddStringToObject(json, "client_id", identity->client_id);
	cJSON_AddStringToObject(json, "tenant_id", call->world->config.tenant_id);
	cJSON_AddStringToObject(json, "certificate", bytes_text(&base64));
	cJSON_AddStringToObject(json, "identity_type",
	                        identity->system ? "SystemAssigned" : "UserAssigned");
	cJSON_AddStringToObject(json, "mtls_authentication_endpoint", call->world->mtls_endpoint);
	role_send_json(call, 200, json);
}

/* Judges the CSR and issues for it. */
static void answer_csr(struct role_call *call, const struct config_identity *identity,
                       const char *csr)
{
	static const struct role_answer bad_csr = {400, "invalid_request", 0, "{}"};
	const struct config *config = &call->world->config;
	const struct csr_expectation expectation = {
	        .client_id = identity->client_id,
	        .tenant_id = config->tenant_id,
	        .vm_id = config->vm_id,
	        .vmss_id = config->vmss_id,
	};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};

	if (csr_judge(csr, strlen(csr), &expectation, &call->modes, &call->notes->findings,
	              &verdict, &err) != MSIV2_OK)
		role_fail(call, &err);
	else if (!verdict.accepted)
		role_refuse(call, &bad_csr, verdict.reason, NULL);
	else if (issue(call, &verdict, &der, &err) != MSIV2_OK)
		role_fail(call, &err);
	else
		answer_certificate(call, identity, &der);
}

void issue_answer(struct role_call *call, const struct config_identity *identity)
{
	OWNED(cJSON) *body = NULL;
	const char *csr = NULL;

	if (role_refuse_broken_body(call))
		return;
	if (refused(call, frame_rows, TEXT_COUNT(frame_rows), call->request))
		return;
	if (!read_body(call, &body, &csr))
		return;
	if (refused(call, body_rows, TEXT_COUNT(body_rows), body))
		return;
	answer_csr(call, identity, csr);
}
