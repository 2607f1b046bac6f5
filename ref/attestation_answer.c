/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "attestation_answer.h"

#include <openssl/crypto.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/mem.h"

/* The end of the year 9999. */
#define LAST_SECOND INT64_C(253402300799)

static const struct blame blame = {MSIV2_ATTESTATION_FAILED, ATTESTATION_WHERE};

/* A tree that holds a token is overwritten before it is freed. */
typedef cJSON attested_tree;

static void attested_tree_free(attested_tree *tree)
{
	cJSON *token = cJSON_GetObjectItemCaseSensitive(tree, "token");

	if (cJSON_IsString(token))
		OPENSSL_cleanse(token->valuestring, strlen(token->valuestring));
	cJSON_Delete(tree);
}
DEFINE_OWNED(attested_tree, attested_tree_free)

enum msiv2_rc attestation_nonce_parse(const void *body, size_t len, struct attestation_nonce *out,
                                      struct msiv2_error *err)
{
	OWNED(cJSON) *tree = NULL;
	OWNED_STRUCT(bytes) raw = {0};
	const char *text = NULL;
	bool good;

	*out = (struct attestation_nonce){0};
	TRY(json_parse_object(body, len, &blame, &tree, err));
	TRY(json_need_string(tree, "nonce", &blame, &text, err));
	good = strlen(text) == ATTESTATION_NONCE_TEXT_LEN &&
	       base64url_decode(text, ATTESTATION_NONCE_TEXT_LEN, &raw);
	TRY(bytes_done(&raw, ATTESTATION_WHERE, err));
	if (!good)
		return err_blame(err, &blame, "member \"nonce\" is not the base64url of %d bytes",
		                 ATTESTATION_NONCE_LEN);
	memcpy(out->text, text, ATTESTATION_NONCE_TEXT_LEN);
	return MSIV2_OK;
}

/* One part of a token, which has to be a JSON object. `name` is for the message. */
static enum msiv2_rc read_part(const char *text, size_t len, const char *name, cJSON **out,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) json = {.secret = true};
	enum msiv2_rc rc = MSIV2_ATTESTATION_FAILED;

	if (len > 0 && base64url_decode(text, len, &json))
		rc = json_parse_object(json.data, json.len, &blame, out, NULL);
	TRY(bytes_done(&json, ATTESTATION_WHERE, err));
	if (rc == MSIV2_INTERNAL)
		return err_no_memory(err, ATTESTATION_WHERE);
	/* SEC-01: nothing of the part itself is told, not even a member's name. */
	if (rc != MSIV2_OK)
		return err_blame(err, &blame, "the %s of the token is not base64url of JSON", name);
	return MSIV2_OK;
}

static enum msiv2_rc check_signature(const char *text, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) raw = {.secret = true};
	bool good = *text != '\0' && base64url_decode(text, strlen(text), &raw);

	TRY(bytes_done(&raw, ATTESTATION_WHERE, err));
	if (!good)
		return err_blame(err, &blame, "the signature of the token is not base64url");
	return MSIV2_OK;
}

/* ATT-04: exp is what a cache goes by. RFC 7519 section 4.1.4; whole seconds only. */
static enum msiv2_rc read_token(const char *token, int64_t *expires_on_s, struct msiv2_error *err)
{
	size_t header_len = strcspn(token, ".");
	const char *claims_at = token + header_len + 1;
	OWNED(cJSON) *header = NULL;
	OWNED(cJSON) *claims = NULL;
	struct msiv2_error why = {0};
	size_t claims_len;

	if (strlen(token) > ATTESTATION_TOKEN_MAX_LEN)
		return err_blame(err, &blame, "the token is longer than %zu characters",
		                 ATTESTATION_TOKEN_MAX_LEN);
	if (token[header_len] != '.' || strchr(claims_at, '.') == NULL)
		return err_blame(err, &blame, "the token is not a JWT of three parts");
	claims_len = strcspn(claims_at, ".");
	TRY(read_part(token, header_len, "header", &header, err));
	TRY(read_part(claims_at, claims_len, "claim set", &claims, err));
	TRY(check_signature(claims_at + claims_len + 1, err));
	if (json_need_integer(claims, "exp", 1, LAST_SECOND, false, &blame, expires_on_s, &why) !=
	    MSIV2_OK)
		return err_blame(err, &blame, "the token says no time of expiry: %s", why.message);
	return MSIV2_OK;
}

enum msiv2_rc attestation_answer_parse(const void *body, size_t len, struct attestation_answer *out,
                                       struct msiv2_error *err)
{
	OWNED(attested_tree) *tree = NULL;
	const char *token = NULL;
	int64_t expires_on_s = 0;

	*out = (struct attestation_answer){0};
	TRY(json_parse_object(body, len, &blame, &tree, err));
	TRY(json_need_string(tree, "token", &blame, &token,
	                     err)); /* ATT-01: none, or an empty one */
	TRY(read_token(token, &expires_on_s, err));
	out->token = mem_strdup(token);
	if (out->token == NULL)
		return err_no_memory(err, ATTESTATION_WHERE);
	out->expires_on_s = expires_on_s;
	return MSIV2_OK;
}

void attestation_answer_free(struct attestation_answer *answer)
{
	if (answer->token != NULL)
		mem_free_secret(answer->token, strlen(answer->token));
	*answer = (struct attestation_answer){0};
}

enum msiv2_rc attestation_certificate_parse(const void *body, size_t len, struct bytes *der,
                                            struct msiv2_error *err)
{
	OWNED(cJSON) *tree = NULL;
	const char *text = NULL;
	bool good;

	TRY(json_parse_object(body, len, &blame, &tree, err));
	TRY(json_need_string(tree, "certificate", &blame, &text, err));
	good = base64url_decode(text, strlen(text), der);
	TRY(bytes_done(der, ATTESTATION_WHERE, err));
	if (!good)
		return err_blame(err, &blame, "member \"certificate\" is not base64url");
	return MSIV2_OK;
}
