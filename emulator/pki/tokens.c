/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/tokens.h"

#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "emulator/pki/jwt.h"
#include "emulator/pki/token_check.h"
#include "emulator/pki/token_key.h"

struct tokens {
	struct token_key *key;
	const struct rng *rng; /* borrowed */
};

#define FACT_SIZE(member) sizeof(((struct token_facts *)0)->member)
#define RESOURCE_ID_SIZE  1024

enum msiv2_rc tokens_new(const char *state_dir, const struct rng *rng, struct tokens **out,
                         struct msiv2_error *err)
{
	OWNED_STRUCT(tokens) *tokens = mem_alloc(sizeof(*tokens));

	if (tokens == NULL)
		return err_no_memory(err, "tokens");
	tokens->rng = rng != NULL ? rng : rng_system();
	TRY(token_key_new(state_dir, "token-key.pem", &tokens->key, err));
	TRY(token_key_prepare(tokens->key, err));
	*out = steal(&tokens);
	return MSIV2_OK;
}

void tokens_free(struct tokens *tokens)
{
	if (tokens == NULL)
		return;
	token_key_free(tokens->key);
	mem_free(tokens);
}

/* One text claim, for the table below. */
struct text_claim {
	const char *name;
	const char *value;
	size_t size; /* with its NUL, as the reader holds it */
	bool optional;
};

/* What we sign we must be able to read again. */
static enum msiv2_rc add_text(cJSON *object, const struct text_claim *claim,
                              struct msiv2_error *err)
{
	if (claim->value == NULL && claim->optional)
		return MSIV2_OK;
	if (text_empty(claim->value) || strlen(claim->value) >= claim->size ||
	    !text_is_utf8(claim->value, strlen(claim->value)))
		return err_set(err, MSIV2_CONFIG, "tokens",
		               "the claim %s is empty, not UTF-8 or longer than %zu bytes",
		               claim->name, claim->size - 1);
	if (cJSON_AddStringToObject(object, claim->name, claim->value) == NULL)
		return err_no_memory(err, "tokens");
	return MSIV2_OK;
}

static enum msiv2_rc add_texts(cJSON *payload, const struct token_claims *claims, const char *jti,
                               struct msiv2_error *err)
{
	const struct text_claim rows[] = {
	        {"iss", claims->issuer, FACT_SIZE(issuer), false},
	        {"aud", claims->audience, FACT_SIZE(audience), false},
	        {"tid", claims->tenant_id, FACT_SIZE(tenant_id), false},
	        {"appid", claims->client_id, FACT_SIZE(client_id), false},
	        {"oid", claims->object_id, FACT_SIZE(object_id), false},
	        {"sub", claims->object_id, FACT_SIZE(object_id), false},
	        {"xms_mirid", claims->mi_res_id, RESOURCE_ID_SIZE, true},
	        /* The shape of xms_tb is not public (SPEC): here the same thumbprint. */
	        {"xms_tb", claims->x5t_s256, FACT_SIZE(x5t_s256), true},
	        {"jti", jti, FACT_SIZE(jti), false},
	        {"ver", claims->version ? claims->version : "2.0", sizeof("2.0"), false},
	        {"emulator", "NOT FOR PRODUCTION", sizeof("NOT FOR PRODUCTION"),
	         false}, /* SEC-02 */
	};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		TRY(add_text(payload, &rows[i], err));
	return MSIV2_OK;
}

/* TOK-01: RFC 8705 section 3.1. */
static enum msiv2_rc add_cnf(cJSON *payload, const char *x5t_s256, struct msiv2_error *err)
{
	const struct text_claim thumbprint = {"x5t#S256", x5t_s256, FACT_SIZE(x5t_s256), false};
	cJSON *cnf;

	if (x5t_s256 == NULL)
		return MSIV2_OK;
	cnf = cJSON_AddObjectToObject(payload, "cnf");
	if (cnf == NULL)
		return err_no_memory(err, "tokens");
	return add_text(cnf, &thumbprint, err);
}

static enum msiv2_rc make_payload(const struct token_claims *claims, const char *jti,
                                  struct bytes *out, struct msiv2_error *err)
{
	OWNED(cJSON) *payload = cJSON_CreateObject();

	TRY(add_texts(payload, claims, jti, err));
	TRY(add_cnf(payload, claims->x5t_s256, err));
	if (cJSON_AddNumberToObject(payload, "iat", (double)claims->issued_at_s) == NULL ||
	    cJSON_AddNumberToObject(payload, "nbf", (double)claims->issued_at_s) == NULL ||
	    cJSON_AddNumberToObject(payload, "exp", (double)claims->expires_at_s) == NULL)
		return err_no_memory(err, "tokens");
	json_print(payload, out);
	return bytes_done(out, "tokens", err);
}

enum msiv2_rc tokens_issue(struct tokens *tokens, const struct token_claims *claims,
                           struct bytes *out, char jti[UUID_TEXT_SIZE], struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) header = {0};
	OWNED_STRUCT(bytes) payload = {0};
	const struct token_key_public *about;
	EVP_PKEY *key;

	if (!rng_uuid(tokens->rng, jti))
		return err_set(err, MSIV2_INTERNAL, "tokens", "no randomness for a jti");
	TRY(make_payload(claims, jti, &payload, err));
	TRY(token_key_wait(tokens->key, &key, &about, err));
	bytes_addf(&header, "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"%s\"}",
	           bytes_text(&about->kid));
	TRY(bytes_done(&header, "tokens", err));
	return jwt_sign_edited(key, &header, &payload, claims->editor, out, err);
}

enum msiv2_rc tokens_ready(struct tokens *tokens, struct msiv2_error *err)
{
	return token_key_look(tokens->key, err);
}

enum msiv2_rc tokens_jwks(struct tokens *tokens, struct bytes *out, struct msiv2_error *err)
{
	return token_key_jwks(tokens->key, out, err);
}

enum token_verdict tokens_check(struct tokens *tokens, const char *jwt, size_t len, int64_t now_s,
                                struct token_facts *facts)
{
	const struct token_key_public *about;
	EVP_PKEY *key;

	*facts = (struct token_facts){0};
	if (token_key_wait(tokens->key, &key, &about, NULL) != MSIV2_OK)
		return TOKEN_NO_KEY;
	return token_check(jwt, len, key, bytes_text(&about->kid), now_s, facts);
}

const char *tokens_kid(struct tokens *tokens)
{
	const struct token_key_public *about;
	EVP_PKEY *key;

	if (token_key_wait(tokens->key, &key, &about, NULL) != MSIV2_OK)
		return NULL;
	return bytes_text(&about->kid);
}

enum token_signature tokens_signature(struct tokens *tokens, const char *jwt, size_t len)
{
	OWNED_STRUCT(jwt) parts = {0};
	EVP_PKEY *key;

	if (!jwt_read(jwt, len, &parts))
		return TOKEN_SIGNATURE_UNREADABLE;
	if (token_key_wait(tokens->key, &key, NULL, NULL) != MSIV2_OK)
		return TOKEN_SIGNATURE_NO_KEY;
	return jwt_verifies(&parts, key) ? TOKEN_SIGNATURE_GOOD : TOKEN_SIGNATURE_BAD;
}
