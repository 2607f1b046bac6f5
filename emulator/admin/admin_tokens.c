/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_tokens.h"

#include "admin_registry.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/instruments/redact.h"
#include "emulator/pki/jwt.h"

#define TEXT_MAX 1024 /* most bytes of one text */

static const struct blame blame = {MSIV2_CONFIG, "token"};

/* A copy of a value whose texts may be shown: a client chooses some of them. */
static cJSON *shown(const cJSON *value)
{
	OWNED_STRUCT(bytes) text = {0};
	const cJSON *member;
	cJSON *copy;

	if (cJSON_IsString(value)) {
		redact_text(value->valuestring, TEXT_MAX, &text);
		return cJSON_CreateString(bytes_text(&text));
	}
	if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
		return cJSON_Duplicate(value, false);
	copy = cJSON_IsObject(value) ? cJSON_CreateObject() : cJSON_CreateArray();
	cJSON_ArrayForEach(member, value)
	{
		if (cJSON_IsArray(value)) {
			cJSON_AddItemToArray(copy, shown(member));
			continue;
		}
		bytes_clear(&text);
		redact_text(member->string, TEXT_MAX, &text);
		cJSON_AddItemToObject(copy, bytes_text(&text), shown(member));
	}
	return copy;
}

/* Header or claims; NULL (and left out) when they are not one JSON object. Owned by the caller. */
static cJSON *read_part(const struct bytes *part, const char *name, cJSON *object)
{
	cJSON *json = NULL;

	if (json_parse_object(part->data, part->len, &blame, &json, NULL) != MSIV2_OK)
		return NULL;
	cJSON_AddItemToObject(object, name, shown(json));
	return json;
}

/* TOK-01: the certificate the token is bound to, also in the way certificates are listed. */
static void add_binding(cJSON *object, const cJSON *claims)
{
	const cJSON *cnf = cJSON_GetObjectItemCaseSensitive(claims, "cnf");
	const char *thumbprint =
	        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cnf, "x5t#S256"));
	OWNED_STRUCT(bytes) sha256 = {0};
	OWNED_STRUCT(bytes) hex = {0};

	cJSON_AddStringToObject(object, "type", cnf != NULL ? "mtls_pop" : "Bearer");
	if (thumbprint == NULL || !base64url_decode(thumbprint, strlen(thumbprint), &sha256) ||
	    sha256.len != X509_SHA256_LEN)
		return;
	hex_encode(sha256.data, sha256.len, &hex);
	cJSON_AddStringToObject(object, "certificate_sha256", bytes_text(&hex));
}

static const char *verdict_word(enum token_verdict verdict)
{
	static const char *const words[] = {
	        [TOKEN_OK] = "valid",
	        [TOKEN_MALFORMED] = "malformed",
	        [TOKEN_BAD_SIGNATURE] = "bad_signature",
	        [TOKEN_EXPIRED] = "expired",
	        [TOKEN_NOT_YET] = "not_yet_valid",
	        [TOKEN_NO_KEY] = "no_key",
	};

	return words[verdict];
}

static const char *signature_word(enum token_signature signature)
{
	static const char *const words[] = {
	        [TOKEN_SIGNATURE_GOOD] = "good",
	        [TOKEN_SIGNATURE_BAD] = "bad",
	        [TOKEN_SIGNATURE_UNREADABLE] = "unreadable",
	        [TOKEN_SIGNATURE_NO_KEY] = "no_key",
	};

	return words[signature];
}

static void add_kid(struct tokens *tokens, const cJSON *header, cJSON *object)
{
	const char *kid = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(header, "kid"));
	const char *ours = tokens_kid(tokens);

	cJSON_AddBoolToObject(object, "kid_known", kid != NULL && text_equal(kid, ours));
}

static void add_expiry(const cJSON *claims, cJSON *object)
{
	int64_t expires_s;

	if (json_need_integer(claims, "exp", 0, INT64_C(253402300799), false, &blame, &expires_s,
	                      NULL) == MSIV2_OK)
		admin_registry_time(object, "expires", expires_s);
}

static void show(struct world *world, const struct registry_item *item, int64_t now_s,
                 cJSON *object)
{
	const char *text = bytes_text(&item->content);
	size_t len = item->content.len;
	struct token_facts facts;
	OWNED_STRUCT(jwt) parts = {0};
	OWNED(cJSON) *header = NULL;
	OWNED(cJSON) *claims = NULL;

	cJSON_AddStringToObject(
	        object, "state",
	        verdict_word(tokens_check(world->tokens, text, len, now_s, &facts)));
	cJSON_AddStringToObject(object, "signature",
	                        signature_word(tokens_signature(world->tokens, text, len)));
	if (!jwt_read(text, len, &parts))
		return;
	header = read_part(&parts.header, "header", object);
	claims = read_part(&parts.payload, "claims", object);
	if (header != NULL)
		add_kid(world->tokens, header, object);
	if (claims == NULL)
		return;
	add_binding(object, claims);
	add_expiry(claims, object);
}

static enum msiv2_rc get_tokens(struct admin_call *call, struct msiv2_error *err)
{
	return admin_registry_list(call, REGISTRY_TOKEN, "tokens", show, err);
}

static const struct admin_route rows[] = {
        {"GET", "/tokens", ADMIN_QUERY, ENDPOINT_UNKNOWN, get_tokens},
};

const struct admin_routes admin_tokens_routes = {rows, TEXT_COUNT(rows)};
