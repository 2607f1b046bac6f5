/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "attest_stage.h"

#include "tests/testing.h"

#include <string.h>

#include "common/encoding.h"
#include "common/x509.h"
#include "csr_draft.h"
#include "keyguard_evidence.h"

#define ISSUE_QUERY "cred-api-version=2.0&client_id=" STAGE_SYSTEM
#define TOKEN_FORM                                                                                 \
	"client_id=" STAGE_SYSTEM "&scope=https%3A%2F%2Fvault.azure.net%2F.default"                \
	"&grant_type=client_credentials&token_type=mtls_pop"

void attest_stage_nonce(struct stage *stage, struct bytes *out)
{
	stage_begin(stage, "sts", "GET", ATTEST_NONCE, ATTEST_VERSION);
	stage_https(stage);
	assert_int_equal(stage->response.status, 200);
	bytes_add_text(out, stage_text(stage, "nonce"));
}

void attest_stage_send(struct stage *stage, const char *path, const char *body)
{
	stage_begin(stage, "sts", "POST", path, ATTEST_VERSION);
	stage_header(stage, "Content-Type", "application/json");
	stage_body(stage, body);
	stage_https(stage);
}

void attest_stage_token(struct stage *stage, const struct attest_lab *lab, EVP_PKEY *subject,
                        struct bytes *out)
{
	struct attest_lab here = *lab;
	OWNED_STRUCT(bytes) nonce = {0};
	OWNED_STRUCT(bytes) body = {0};

	here.ca = stage->world->device_ca;
	attest_stage_nonce(stage, &nonce);
	keyguard_evidence_good(&here, subject, bytes_text(&nonce), world_now_s(stage->world),
	                       &body);
	attest_stage_send(stage, ATTEST_KEYGUARD_PATH, bytes_text(&body));
	assert_int_equal(stage->response.status, 200);
	bytes_add_text(out, stage_text(stage, "token"));
	assert_true(out->len > 0);
}

void attest_stage_issue(struct stage *stage, const char *token)
{
	OWNED_STRUCT(bytes) csr = {0};
	OWNED_STRUCT(bytes) body = {0};

	stage_csr_body(stage, STAGE_SYSTEM, DRAFT_CUID, &csr);
	bytes_add(&body, csr.data, csr.len - 1);
	if (token)
		bytes_addf(&body, ",\"attestation_token\":%s", token);
	bytes_add_text(&body, "}");
	stage_begin(stage, "imds", "POST", STAGE_ISSUE, ISSUE_QUERY);
	stage_header(stage, "Metadata", "true");
	stage_header(stage, "x-ms-client-request-id", STAGE_CORRELATION);
	stage_header(stage, "Content-Type", "application/json");
	stage_body(stage, bytes_text(&body));
	stage_imds(stage);
	stage->request.body = NULL;
	stage->request.body_len = 0;
}

X509 *attest_stage_certificate(const struct stage *stage)
{
	static const struct blame blame = {MSIV2_INTERNAL, "certificate"};
	const char *text = stage_text(stage, "certificate");
	OWNED_STRUCT(bytes) der = {0};
	X509 *cert = NULL;

	assert_int_equal(stage->response.status, 200);
	assert_true(base64_decode(text, strlen(text), &der));
	assert_int_equal(x509_from_der(der.data, der.len, &blame, &cert, NULL), MSIV2_OK);
	return cert;
}

void attest_stage_access(struct stage *stage, X509 *cert)
{
	stage_begin(stage, "sts", "POST", STAGE_TOKEN, NULL);
	stage_header(stage, "Content-Type", "application/x-www-form-urlencoded");
	stage_header(stage, "client-request-id", STAGE_CORRELATION);
	stage_peer(stage, cert);
	stage_body(stage, TOKEN_FORM);
	stage_https(stage);
}

void attest_stage_admin(struct stage *stage, const char *method, const char *path, const char *body)
{
	stage_begin(stage, "admin", method, path, NULL);
	if (body)
		stage_body(stage, body);
	stage_admin(stage);
}
