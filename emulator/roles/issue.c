/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "issue.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/attestations.h"
#include "emulator/instruments/fault_run.h"
#include "emulator/pki/attest_token.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/csr_rules.h"
#include "emulator/pki/rsa_numbers.h"
#include "emulator/revocations.h"
#include "issued.h"

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

/* A request body that was read. */
struct issue_body {
	cJSON *json;       /* owned */
	const char *csr;   /* borrowed from json, like the others */
	const char *token; /* NULL = none: ATT-02, "", null and absent are alike */
	enum attestation_mode mode;
};

static void issue_body_free(struct issue_body *body)
{
	cJSON_Delete(body->json);
}
DEFINE_OWNED_VALUE(issue_body, issue_body_free)

static bool unknown_member(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct issue_body *body = facts;
	const cJSON *member;

	cJSON_ArrayForEach(member, body->json)
	{
		if (text_equal(member->string, "csr") ||
		    text_equal(member->string, "attestation_token"))
			continue;
		(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.60s", member->string);
		return true;
	}
	return false;
}

static bool empty_token(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct issue_body *body = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "attestation_token is empty or null");
	return !body->token &&
	       cJSON_GetObjectItemCaseSensitive(body->json, "attestation_token") != NULL;
}

static bool lacks_token(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct issue_body *body = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "this host requires attestation");
	return body->mode == ATTESTATION_REQUIRED && !body->token;
}

static const struct role_rule body_rows[] = {
        {RULE_ISSUE_MEMBERS,
         unknown_member,
         {400, "invalid_request", 0, "Unknown member in the request: {}"}},
        {RULE_ATT_EMPTY,
         empty_token,
         {400, "invalid_request", 0, "attestation_token is not to be sent without a token"}},
        {RULE_ATT_REQUIRED,
         lacks_token,
         {400, "invalid_request", 0,
          "Attestation Token is missing / empty in the issue credential request"}},
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
static bool read_body(struct role_call *call, struct issue_body *body)
{
	static const struct role_answer bad_body = {400, "invalid_request", 0,
	                                            "The request body is not valid: {}"};
	const struct http_request *request = call->request;
	struct msiv2_error err = {0};
	enum msiv2_rc rc;

	rc = json_parse_object(request->body, request->body_len, &body_blame, &body->json, &err);
	if (rc == MSIV2_OK)
		rc = json_need_string(body->json, "csr", &body_blame, &body->csr, &err);
	if (rc == MSIV2_OK)
		rc = json_may_string(body->json, "attestation_token", &body_blame, &body->token,
		                     &err);
	if (text_empty(body->token))
		body->token = NULL;
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

/* IMDS itself refuses no token (ATT-06): what is wrong is only noted here. */
static void note_faults(struct role_call *call, unsigned faults)
{
	static const struct {
		enum attest_token_fault fault;
		enum rule_id rule;
	} notes[] = {
	        {ATTEST_TOKEN_FORM, RULE_ATT_TOKEN_FORM},
	        {ATTEST_TOKEN_JKU, RULE_ATT_TOKEN_JKU},
	        {ATTEST_TOKEN_SIGNATURE, RULE_ATT_TOKEN_SIGNATURE},
	        {ATTEST_TOKEN_ISSUER, RULE_ATT_TOKEN_ISSUER},
	        {ATTEST_TOKEN_TIME, RULE_ATT_TOKEN_TIME},
	        {ATTEST_TOKEN_CLAIM, RULE_ATT_TOKEN_CLAIM},
	};
	struct rule_modes modes = call->modes;

	for (size_t i = 0; i < TEXT_COUNT(notes); i++) {
		if ((faults & notes[i].fault) == 0 || modes.mode[notes[i].rule] == RULE_OFF)
			continue;
		modes.mode[notes[i].rule] = RULE_NOTE;
		(void)!rule_breach(&modes, notes[i].rule, &call->notes->findings,
		                   "remembered with the certificate for the token service");
	}
}

/* Judges the token that came with the request, for the certificate that was just made. */
static enum msiv2_rc judge_token(struct role_call *call, const struct issue_body *body,
                                 EVP_PKEY *public_key, const uint8_t sha256[X509_SHA256_LEN],
                                 struct msiv2_error *err)
{
	struct world *world = call->world;
	OWNED_STRUCT(bytes) n = {0};
	OWNED_STRUCT(bytes) e = {0};
	struct attest_token_want want = {.base = world->attestation_endpoint, .now_s = call->now_s};
	unsigned faults = 0;

	if (body->mode == ATTESTATION_OFF || !body->token)
		return MSIV2_OK;
	TRY(rsa_numbers(public_key, &n, &e, err));
	want.n = bytes_text(&n);
	want.e = bytes_text(&e);
	TRY(attest_tokens_check(world->attest_tokens, body->token, &want, &faults, err));
	attestations_add(world->attestations, sha256, faults);
	note_faults(call, faults);
	return MSIV2_OK;
}

/* ISSUE-03: signs the certificate and tells the world of it. */
static enum msiv2_rc issue(struct role_call *call, const struct config_identity *identity,
                           const struct issue_body *body, const struct csr_verdict *verdict,
                           struct bytes *der, struct msiv2_error *err)
{
	struct world *world = call->world;
	int64_t not_before_s =
	        call->now_s - config_certificate_backdate_s(call->config, call->host, identity);
	const struct ca_leaf leaf = {
	        .subject = verdict->subject,
	        .public_key = verdict->public_key,
	        .not_before_s = not_before_s > 0 ? not_before_s : 0,
	        .not_after_s = call->now_s +
	                       config_certificate_lifetime_s(call->config, call->host, identity),
	};
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(fault_leaf) given = {0};
	OWNED_STRUCT(bytes) hex = {0};
	OWNED(X509) *cert = NULL;

	fault_leaf_begin(&given, &leaf);
	fault_run_certificate(call->request->faults, &given);
	TRY(ca_issue(world->ca, &given.leaf, &cert, err));
	TRY(x509_to_der(cert, der, err));
	fault_run_der(call->request->faults, der);
	TRY(x509_sha256(cert, sha256, err));
	hex_encode(sha256, sizeof(sha256), &hex);
	TRY(bytes_done(&hex, "issue", err));
	role_note(call->notes->certificate_sha256, JOURNAL_SHA256_SIZE, bytes_text(&hex));
	TRY(judge_token(call, body, verdict->public_key, sha256, err));
	return revocations_issued(world->revocations, sha256, call->now_s, err);
}

/* ISSUE-02. */
static void answer_certificate(struct role_call *call, const struct config_identity *identity,
                               const struct bytes *der)
{
	const char *endpoint = call->config->mtls_authentication_endpoint;
	OWNED(cJSON) *json = cJSON_CreateObject();
	OWNED_STRUCT(bytes) base64 = {0};

	base64_encode(der->data, der->len, &base64);
	cJSON_AddStringToObject(json, "client_id", identity->client_id);
	cJSON_AddStringToObject(json, "tenant_id", config_host_tenant(call->config, call->host));
	cJSON_AddStringToObject(json, "certificate", bytes_text(&base64));
	cJSON_AddStringToObject(json, "identity_type",
	                        identity->system ? "SystemAssigned" : "UserAssigned");
	cJSON_AddStringToObject(json, "mtls_authentication_endpoint",
	                        endpoint ? endpoint : call->world->sts_base);
	role_send_json(call, 200, json);
}

/* Judges the CSR and issues for it. */
static void answer_csr(struct role_call *call, const struct config_identity *identity,
                       const struct issue_body *body)
{
	static const struct role_answer bad_csr = {400, "invalid_request", 0, "{}"};
	const struct csr_expectation expectation = {
	        .client_id = identity->client_id,
	        .tenant_id = config_host_tenant(call->config, call->host),
	        .vm_id = call->host->vm_id,
	        .vmss_id = call->host->vmss_id,
	};
	OWNED_STRUCT(csr_verdict) verdict = {0};
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};

	if (csr_judge(body->csr, strlen(body->csr), &expectation, &call->modes,
	              &call->notes->findings, &verdict, &err) != MSIV2_OK)
		role_fail(call, &err);
	else if (!verdict.accepted)
		role_refuse(call, &bad_csr, verdict.reason, NULL);
	else if (issue(call, identity, body, &verdict, &der, &err) != MSIV2_OK)
		role_fail(call, &err);
	else {
		issued_certificate(call, identity->client_id, &der,
		                   body->mode != ATTESTATION_OFF && body->token != NULL);
		answer_certificate(call, identity, &der);
	}
}

void issue_answer(struct role_call *call, const struct config_identity *identity)
{
	OWNED_STRUCT(issue_body) body = {.mode = attestation_mode_of(call->host)};

	if (role_refuse_broken_body(call))
		return;
	if (refused(call, frame_rows, TEXT_COUNT(frame_rows), call->request))
		return;
	if (!read_body(call, &body))
		return;
	if (refused(call, body_rows, TEXT_COUNT(body_rows), &body))
		return;
	answer_csr(call, identity, &body);
}
