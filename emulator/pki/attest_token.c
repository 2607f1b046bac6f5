/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/attest_token.h"

#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "emulator/pki/jwt.h"
#include "emulator/pki/token_key.h"

#define WHERE "attestation-token"

struct attest_tokens {
	struct token_key *key;
	const struct rng *rng; /* borrowed */
};

enum msiv2_rc attest_tokens_new(const char *state_dir, const struct rng *rng,
                                struct attest_tokens **out, struct msiv2_error *err)
{
	OWNED_STRUCT(attest_tokens) *tokens = mem_alloc(sizeof(*tokens));

	if (tokens == NULL)
		return err_no_memory(err, WHERE);
	tokens->rng = rng;
	TRY(token_key_new(state_dir, "attestation-key.pem", &tokens->key, err));
	*out = steal(&tokens);
	return MSIV2_OK;
}

void attest_tokens_free(struct attest_tokens *tokens)
{
	if (tokens == NULL)
		return;
	token_key_free(tokens->key);
	mem_free(tokens);
}

enum msiv2_rc attest_tokens_prepare(struct attest_tokens *tokens, struct msiv2_error *err)
{
	return token_key_prepare(tokens->key, err);
}

/* x-ms-runtime: the attested key as a JWK. */
static void add_runtime(cJSON *payload, const struct attest_claims *claims)
{
	cJSON *runtime = cJSON_AddObjectToObject(payload, "x-ms-runtime");
	cJSON *keys = cJSON_AddArrayToObject(runtime, "keys");
	cJSON *jwk = cJSON_CreateObject();

	cJSON_AddStringToObject(jwk, "kty", "RSA");
	cJSON_AddStringToObject(jwk, "n", claims->n);
	cJSON_AddStringToObject(jwk, "e", claims->e);
	if (!cJSON_AddItemToArray(keys, jwk))
		cJSON_Delete(jwk);
}

static enum msiv2_rc make_payload(const struct attest_claims *claims, const char *jti,
                                  struct bytes *out, struct msiv2_error *err)
{
	OWNED(cJSON) *payload = cJSON_CreateObject();

	cJSON_AddStringToObject(payload, "iss", claims->base);
	cJSON_AddNumberToObject(payload, "iat", (double)claims->issued_at_s);
	cJSON_AddNumberToObject(payload, "nbf", (double)claims->issued_at_s);
	cJSON_AddNumberToObject(payload, "exp", (double)claims->expires_at_s);
	cJSON_AddStringToObject(payload, "jti", jti);
	cJSON_AddStringToObject(payload, "nonce", claims->nonce);
	cJSON_AddStringToObject(payload, "x-ms-attestation-type", attest_kind_name(claims->kind));
	cJSON_AddStringToObject(payload, "x-ms-ver", "1.0");
	cJSON_AddStringToObject(payload, "x-ms-policy", "NOT FOR PRODUCTION"); /* SEC-02 */
	add_runtime(payload, claims);
	json_print(payload, out);
	return bytes_done(out, WHERE, err);
}

static enum msiv2_rc make_header(const char *base, const char *kid, struct bytes *out,
                                 struct msiv2_error *err)
{
	OWNED(cJSON) *header = cJSON_CreateObject();
	OWNED_STRUCT(bytes) jku = {0};

	bytes_addf(&jku, "%s/certs", base);
	TRY(bytes_done(&jku, WHERE, err));
	cJSON_AddStringToObject(header, "typ", "JWT");
	cJSON_AddStringToObject(header, "alg", "RS256");
	cJSON_AddStringToObject(header, "kid", kid);
	cJSON_AddStringToObject(header, "jku", bytes_text(&jku)); /* ATT-04 */
	json_print(header, out);
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc attest_tokens_issue(struct attest_tokens *tokens, const struct attest_claims *claims,
                                  struct bytes *out, char jti[UUID_TEXT_SIZE],
                                  struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) header = {0};
	OWNED_STRUCT(bytes) payload = {0};
	const struct token_key_public *about;
	EVP_PKEY *key;

	if (!rng_uuid(tokens->rng, jti))
		return err_set(err, MSIV2_INTERNAL, WHERE, "no randomness for a jti");
	TRY(token_key_wait(tokens->key, &key, &about, err));
	TRY(make_header(claims->base, bytes_text(&about->kid), &header, err));
	TRY(make_payload(claims, jti, &payload, err));
	return jwt_sign_edited(key, &header, &payload, claims->editor, out, err);
}

enum msiv2_rc attest_tokens_jwks(struct attest_tokens *tokens, struct bytes *out,
                                 struct msiv2_error *err)
{
	return token_key_jwks(tokens->key, out, err);
}

enum msiv2_rc attest_tokens_check(struct attest_tokens *tokens, const char *jwt,
                                  struct attest_token_want *want, unsigned *faults,
                                  struct msiv2_error *err)
{
	const struct token_key_public *about;
	EVP_PKEY *key;

	TRY(token_key_wait(tokens->key, &key, &about, err));
	want->key = key;
	want->kid = bytes_text(&about->kid);
	*faults = attest_token_faults(jwt, strlen(jwt), want);
	return MSIV2_OK;
}
