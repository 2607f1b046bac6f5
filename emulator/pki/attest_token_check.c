/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/attest_token_check.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "emulator/pki/attest.h"
#include "emulator/pki/jwt.h"

/* Times beyond 9999-12-31 are nonsense. */
#define TIME_MAX_S INT64_C(253402300799)

static const struct blame blame = {MSIV2_CONFIG, "attestation-token"};

/* The member of that name, or "". */
static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return text != NULL ? text : "";
}

static bool is_jku(const char *jku, const char *base)
{
	size_t len = strlen(base);

	return strncmp(jku, base, len) == 0 && text_equal(jku + len, "/certs");
}

unsigned attest_token_header_faults(const void *json, size_t len,
                                    const struct attest_token_want *want)
{
	OWNED(cJSON) *header = NULL;
	unsigned faults = 0;

	if (json_parse_object(json, len, &blame, &header, NULL) != MSIV2_OK)
		return ATTEST_TOKEN_FORM;
	/* "none" and every other algorithm; and RFC 7515 4.1.11: what is critical and not
	 * understood must be refused. */
	if (!text_equal(text_of(header, "alg"), "RS256") ||
	    cJSON_GetObjectItemCaseSensitive(header, "crit") != NULL)
		return ATTEST_TOKEN_FORM;
	if (!is_jku(text_of(header, "jku"), want->base))
		faults |= ATTEST_TOKEN_JKU;
	if (!text_equal(text_of(header, "kid"), want->kid))
		faults |= ATTEST_TOKEN_SIGNATURE;
	return faults;
}

static bool time_of(const cJSON *payload, const char *name, int64_t *out)
{
	return json_need_integer(payload, name, 0, TIME_MAX_S, false, &blame, out, NULL) ==
	       MSIV2_OK;
}

static bool is_in_time(const cJSON *payload, int64_t now_s)
{
	int64_t iat, nbf, exp;

	return time_of(payload, "iat", &iat) && time_of(payload, "nbf", &nbf) &&
	       time_of(payload, "exp", &exp) && nbf <= now_s && iat <= now_s && now_s < exp;
}

/* x-ms-runtime has the one key the certificate is for, and the type is one we attest. */
static bool has_claims(const cJSON *payload, const struct attest_token_want *want)
{
	const cJSON *runtime = cJSON_GetObjectItemCaseSensitive(payload, "x-ms-runtime");
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(runtime, "keys");
	const cJSON *jwk = cJSON_IsArray(keys) ? cJSON_GetArrayItem(keys, 0) : NULL;
	enum attest_kind kind;

	return attest_kind_from_name(text_of(payload, "x-ms-attestation-type"), &kind) &&
	       cJSON_GetArraySize(keys) == 1 && text_equal(text_of(jwk, "kty"), "RSA") &&
	       text_equal(text_of(jwk, "n"), want->n) && text_equal(text_of(jwk, "e"), want->e);
}

unsigned attest_token_payload_faults(const void *json, size_t len,
                                     const struct attest_token_want *want)
{
	OWNED(cJSON) *payload = NULL;
	unsigned faults = 0;

	if (json_parse_object(json, len, &blame, &payload, NULL) != MSIV2_OK)
		return ATTEST_TOKEN_FORM;
	if (!text_equal(text_of(payload, "iss"), want->base))
		faults |= ATTEST_TOKEN_ISSUER;
	if (!is_in_time(payload, want->now_s))
		faults |= ATTEST_TOKEN_TIME;
	if (!has_claims(payload, want))
		faults |= ATTEST_TOKEN_CLAIM;
	return faults;
}

unsigned attest_token_faults(const char *jwt, size_t len, const struct attest_token_want *want)
{
	OWNED_STRUCT(jwt) parts = {0};
	unsigned faults;

	if (!jwt_read(jwt, len, &parts))
		return ATTEST_TOKEN_FORM;
	faults = attest_token_header_faults(parts.header.data, parts.header.len, want) |
	         attest_token_payload_faults(parts.payload.data, parts.payload.len, want);
	if ((faults & ATTEST_TOKEN_FORM) != 0)
		return ATTEST_TOKEN_FORM;
	return jwt_verifies(&parts, want->key) ? faults : faults | ATTEST_TOKEN_SIGNATURE;
}
