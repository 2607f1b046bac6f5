/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/token_check.h"

#include <openssl/err.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"

static const struct blame blame = {MSIV2_CONFIG, "token"};

/* Times beyond 9999-12-31 are nonsense. */
#define TIME_MAX_S INT64_C(253402300799)

/* The three parts of a compact JWT, still encoded. */
struct jwt_parts {
	const char *header;
	size_t header_len;
	const char *payload;
	size_t payload_len;
	const char *signature;
	size_t signature_len;
	size_t signed_len; /* header, dot and payload */
};

static bool split(const char *jwt, size_t len, struct jwt_parts *out)
{
	const char *first = len > 0 ? memchr(jwt, '.', len) : NULL;
	const char *second;

	if (first == NULL)
		return false;
	out->header = jwt;
	out->header_len = (size_t)(first - jwt);
	out->payload = first + 1;
	second = memchr(out->payload, '.', len - out->header_len - 1);
	if (second == NULL)
		return false;
	out->payload_len = (size_t)(second - out->payload);
	out->signature = second + 1;
	out->signature_len = len - (size_t)(out->signature - jwt);
	out->signed_len = (size_t)(second - jwt);
	return out->header_len > 0 && out->payload_len > 0;
}

bool token_header_read(const void *json, size_t len, const char *kid, bool *same_kid)
{
	OWNED(cJSON) *header = NULL;
	const char *alg, *typ, *theirs;

	*same_kid = false;
	if (json_parse_object(json, len, &blame, &header, NULL) != MSIV2_OK ||
	    json_need_string(header, "alg", &blame, &alg, NULL) != MSIV2_OK ||
	    json_need_string(header, "kid", &blame, &theirs, NULL) != MSIV2_OK ||
	    json_may_string(header, "typ", &blame, &typ, NULL) != MSIV2_OK)
		return false;
	/* RFC 7515 4.1.11: what is critical and not understood must be refused; we understand none.
	 */
	if (!text_equal(alg, "RS256") || cJSON_GetObjectItemCaseSensitive(header, "crit") != NULL ||
	    (typ != NULL && !text_equal_nocase(typ, "JWT")))
		return false;
	*same_kid = text_equal(kid, theirs);
	return true;
}

static bool need_text(const cJSON *object, const char *name, char *out, size_t size)
{
	const char *text;

	return json_need_string(object, name, &blame, &text, NULL) == MSIV2_OK &&
	       text_copy(out, size, text);
}

/* No cnf at all, or one with a thumbprint. */
static bool read_binding(const cJSON *payload, struct token_facts *facts)
{
	const cJSON *cnf;

	if (cJSON_GetObjectItemCaseSensitive(payload, "cnf") == NULL)
		return true;
	return json_need_object(payload, "cnf", &blame, &cnf, NULL) == MSIV2_OK &&
	       need_text(cnf, "x5t#S256", facts->x5t_s256, sizeof(facts->x5t_s256));
}

static bool read_claims(const cJSON *payload, struct token_facts *facts)
{
	return need_text(payload, "iss", facts->issuer, sizeof(facts->issuer)) &&
	       need_text(payload, "aud", facts->audience, sizeof(facts->audience)) &&
	       need_text(payload, "appid", facts->client_id, sizeof(facts->client_id)) &&
	       need_text(payload, "tid", facts->tenant_id, sizeof(facts->tenant_id)) &&
	       need_text(payload, "oid", facts->object_id, sizeof(facts->object_id)) &&
	       need_text(payload, "jti", facts->jti, sizeof(facts->jti)) &&
	       json_need_integer(payload, "nbf", 0, TIME_MAX_S, false, &blame, &facts->not_before_s,
	                         NULL) == MSIV2_OK &&
	       json_need_integer(payload, "exp", 0, TIME_MAX_S, false, &blame, &facts->expires_at_s,
	                         NULL) == MSIV2_OK &&
	       read_binding(payload, facts);
}

bool token_payload_read(const void *json, size_t len, struct token_facts *facts)
{
	OWNED(cJSON) *payload = NULL;

	*facts = (struct token_facts){0};
	if (json_parse_object(json, len, &blame, &payload, NULL) == MSIV2_OK &&
	    read_claims(payload, facts))
		return true;
	*facts = (struct token_facts){0};
	return false;
}

static bool verifies(const char *jwt, size_t len, const struct bytes *signature, EVP_PKEY *key)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	bool good;

	(void)ERR_set_mark();
	/* RS256 is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 3.3), OpenSSL's default padding. */
	good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, signature->data, signature->len, (const uint8_t *)jwt, len) ==
	               1;
	(void)ERR_pop_to_mark();
	return good;
}

enum token_verdict token_check(const char *jwt, size_t len, EVP_PKEY *key, const char *kid,
                               int64_t now_s, struct token_facts *facts)
{
	OWNED_STRUCT(bytes) header = {0};
	OWNED_STRUCT(bytes) payload = {0};
	OWNED_STRUCT(bytes) signature = {0};
	struct jwt_parts parts;
	bool same_kid;

	*facts = (struct token_facts){0};
	if (len > TOKEN_MAX || !split(jwt, len, &parts) ||
	    !base64url_decode(parts.header, parts.header_len, &header) ||
	    !base64url_decode(parts.payload, parts.payload_len, &payload) ||
	    !base64url_decode(parts.signature, parts.signature_len, &signature))
		return TOKEN_MALFORMED;
	if (!token_header_read(header.data, header.len, kid, &same_kid))
		return TOKEN_MALFORMED;
	if (!same_kid || !verifies(jwt, parts.signed_len, &signature, key))
		return TOKEN_BAD_SIGNATURE;
	/* Nothing of the payload is looked at before its signature is good. */
	if (!token_payload_read(payload.data, payload.len, facts))
		return TOKEN_MALFORMED;
	if (now_s >= facts->expires_at_s)
		return TOKEN_EXPIRED;
	return now_s < facts->not_before_s ? TOKEN_NOT_YET : TOKEN_OK;
}
