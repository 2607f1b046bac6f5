/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "enrolment.h"

#include <string.h>

#include "attestation_answer.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "imds_error.h"
#include "net/address.h"
#include "net/exchange.h"

#define WHERE "enrolment"

static const struct blame blame = {MSIV2_ATTESTATION_FAILED, WHERE};

/* What the authority calls the kinds. */
static const struct {
	const char *kind;
	const char *wire;
} kind_rows[] = {{"keyguard", "keyguard"}, {"hardware", "tpm"}};

static const char *wire_kind(const struct key_provider *provider)
{
	for (size_t i = 0; i < TEXT_COUNT(kind_rows); i++) {
		if (text_equal(kind_rows[i].kind, provider->kind))
			return kind_rows[i].wire;
	}
	return NULL;
}

static enum msiv2_rc refused(const struct http_answer *answer, struct msiv2_error *err)
{
	struct imds_error said;

	imds_error_parse(answer->body.data, answer->body.len, &said);
	(void)err_blame(err, &blame, "HTTP %d%s%s%s%s", answer->status,
	                said.code[0] != '\0' ? " " : "", said.code,
	                said.message[0] != '\0' ? ": " : "", said.message);
	err_add_service(err, answer->status, said.code);
	return MSIV2_ATTESTATION_FAILED;
}

static enum msiv2_rc ask(const struct enrolment *enrolment, const struct bytes *body,
                         struct bytes *der, struct msiv2_error *err)
{
	static const struct blame address_blame = {MSIV2_CONFIG, "authority"};
	const struct errand *errand = enrolment->errand;
	OWNED_STRUCT(bytes) url = {0};
	OWNED_STRUCT(http_answer) answer = {0};
	const struct http_header headers[] = {
	        {"Content-Type", "application/json"},
	        {"x-ms-client-request-id", errand->correlation_id}, /* META-03 */
	};
	struct http_request request = {.where = WHERE,
	                               .malformed = MSIV2_ATTESTATION_FAILED,
	                               .method = "POST",
	                               .headers = headers,
	                               .header_count = TEXT_COUNT(headers),
	                               .body = body->data,
	                               .body_len = body->len,
	                               .patience = &errand->patience};

	TRY(address_origin(enrolment->authority, false, &address_blame, &url, err));
	bytes_add_text(&url, "/attestation/enrol");
	TRY(bytes_done(&url, WHERE, err));
	request.url = bytes_text(&url);
	TRY(exchange_run(enrolment->pool, &request, RETRY_ATTESTATION, &errand->log, &answer, err));
	if (answer.status != 200)
		return refused(&answer, err);
	return attestation_certificate_parse(answer.body.data, answer.body.len, der, err);
}

/* A certificate for somebody else's key would make every attestation fail later, elsewhere. */
static enum msiv2_rc check(const struct bytes *der, const struct bytes *spki,
                           struct msiv2_error *err)
{
	OWNED(X509) *cert = NULL;
	unsigned char *certified = NULL;
	bool same;
	int len;

	TRY(x509_from_der(der->data, der->len, &blame, &cert, err));
	len = i2d_PUBKEY(X509_get0_pubkey(cert), &certified);
	same = len > 0 && (size_t)len == spki->len && memcmp(certified, spki->data, spki->len) == 0;
	OPENSSL_free(certified);
	if (!same)
		return err_blame(err, &blame,
		                 "the authority certified another key than the identity's");
	return MSIV2_OK;
}

static enum msiv2_rc run(const struct enrolment *enrolment, const char *kind,
                         struct msiv2_error *err)
{
	const struct key_provider *provider = enrolment->provider;
	OWNED_STRUCT(bytes) spki = {0};
	OWNED_STRUCT(bytes) body = {0};
	OWNED_STRUCT(bytes) der = {0};

	TRY(provider->identity(enrolment->place, &spki, err));
	bytes_addf(&body, "{\"kind\":\"%s\",\"public_key\":\"", kind);
	base64url_encode(spki.data, spki.len, &body);
	bytes_add_text(&body, "\"}");
	TRY(bytes_done(&body, WHERE, err));
	TRY(ask(enrolment, &body, &der, err));
	TRY(check(&der, &spki, err));
	return provider->enrol(enrolment->place, der.data, der.len, err);
}

enum msiv2_rc enrolment_run(const struct enrolment *enrolment, struct msiv2_error *err)
{
	const char *kind = wire_kind(enrolment->provider);
	enum msiv2_rc rc;

	if (kind == NULL || enrolment->provider->identity == NULL)
		return err_set(err, MSIV2_UNSUPPORTED, WHERE, "%s keys cannot be attested",
		               enrolment->provider->kind);
	rc = run(enrolment, kind, err);
	if (rc != MSIV2_OK)
		err_add_correlation(err, enrolment->errand->correlation_id);
	return rc;
}
