/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "sts_rules.h"

#include <openssl/objects.h>

static enum msiv2_rc read_form(struct sts_facts *facts, struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_CONFIG, "form"};
	const struct http_request *request = facts->request;
	struct msiv2_error fault = {0};
	enum msiv2_rc rc = query_parse((const char *)request->body, request->body_len, &blame,
	                               &facts->form, &fault);

	if (rc == MSIV2_INTERNAL)
		return err_no_memory(err, "form");
	if (rc != MSIV2_OK)
		role_note(facts->form_fault, sizeof(facts->form_fault), fault.message);
	return MSIV2_OK;
}

/* How long the client's certificates live, by which it is told when one was issued. */
static int64_t lifetime_s(const struct sts_facts *facts)
{
	if (!facts->identity)
		return facts->config->certificate_lifetime_s;
	return config_certificate_lifetime_s(facts->config, facts->host, facts->identity);
}

static enum msiv2_rc read_certificate(struct sts_facts *facts, struct role_call *call,
                                      struct msiv2_error *err)
{
	struct world *world = call->world;
	uint8_t sha256[X509_SHA256_LEN];
	int64_t not_before_s = 0;
	int64_t not_after_s = 0;
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) cn = {0};

	if (x509_name_value(X509_get_subject_name(facts->certificate), NID_commonName, &cn))
		role_note(facts->certificate_cn, sizeof(facts->certificate_cn), bytes_text(&cn));
	TRY(bytes_done(&cn, "certificate", err));
	TRY(x509_sha256(facts->certificate, sha256, err));
	facts->verdict = ca_verify_client(world->ca, facts->certificate, sha256, call->now_s);
	base64url_encode(sha256, sizeof(sha256), &text);
	TRY(bytes_done(&text, "certificate", err));
	role_note(facts->thumbprint, sizeof(facts->thumbprint), bytes_text(&text));
	facts->attestation_faults = attestations_faults(world->attestations, sha256);
	if (x509_validity(facts->certificate, &not_before_s, &not_after_s))
		facts->revoked = revocations_has(world->revocations, sha256,
		                                 not_after_s - lifetime_s(facts));
	return MSIV2_OK;
}

enum msiv2_rc sts_facts_init(struct sts_facts *facts, struct role_call *call, const char *tenant,
                             struct msiv2_error *err)
{
	const char *client_id;

	*facts = (struct sts_facts){
	        .config = call->config,
	        .request = call->request,
	        .tenant = tenant,
	        .tenant_id = config_find_tenant(call->config, tenant),
	        .host = &call->config->host,
	        .certificate = call->request->tls ? call->request->tls->peer : NULL,
	};
	TRY(read_form(facts, err));
	client_id = query_get(&facts->form, "client_id", NULL);
	if (!facts->tenant_id)
		facts->tenant_id = call->config->tenant_id;
	if (client_id)
		facts->identity =
		        config_find_client(call->config, facts->tenant_id, client_id, &facts->host);
	facts->wants_pop =
	        text_equal_nocase(query_get(&facts->form, "token_type", NULL), "mtls_pop");
	return facts->certificate ? read_certificate(facts, call, err) : MSIV2_OK;
}
