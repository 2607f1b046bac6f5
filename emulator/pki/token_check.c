/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/token_check.h"

#include "common/json.h"
#include "common/text.h"
#include "emulator/pki/jwt.h"

static const struct blame blame = {MSIV2_CONFIG, "token"};

/* Times beyond 9999-12-31 are nonsense. */
#define TIME_MAX_S INT64_C(253402300799)

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

enum token_verdict token_check(const char *jwt, size_t len, EVP_PKEY *key, const char *kid,
                               int64_t now_s, struct token_facts *facts)
{
	OWNED_STRUCT(jwt) parts = {0};
	bool same_kid;

	*facts = (struct token_facts){0};
	if (!jwt_read(jwt, len, &parts))
		return TOKEN_MALFORMED;
	if (!token_header_read(parts.header.data, parts.header.len, kid, &same_kid))
		return TOKEN_MALFORMED;
	if (!same_kid || !jwt_verifies(&parts, key))
		return TOKEN_BAD_SIGNATURE;
	/* Nothing of the payload is looked at before its signature is good. */
	if (!token_payload_read(parts.payload.data, parts.payload.len, facts))
		return TOKEN_MALFORMED;
	if (now_s >= facts->expires_at_s)
		return TOKEN_EXPIRED;
	return now_s < facts->not_before_s ? TOKEN_NOT_YET : TOKEN_OK;
}
