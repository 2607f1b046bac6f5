/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "resource.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/config_find.h"
#include "emulator/pki/tokens.h"

#define POP    "mtls_pop"
#define BEARER "Bearer"

/* What the rules look at. */
struct resource_facts {
	const struct config *config;
	const char *sts_base;
	const char *scheme; /* POP, BEARER, or NULL */
	const char *jwt;    /* borrowed from the header; NULL = none */
	enum token_verdict verdict;
	struct token_facts token; /* only when the signature is good */
	bool certificate;         /* one was presented */
	char thumbprint[64];      /* of it */
};

static bool no_authorization(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct resource_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE,
	               "one Authorization header of the scheme " POP " or " BEARER " is required");
	return f->jwt == NULL;
}

static bool bad_token(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct resource_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s",
	               f->verdict == TOKEN_MALFORMED ? "the token is malformed"
	                                             : "the token's signature is not valid");
	return f->verdict == TOKEN_MALFORMED || f->verdict == TOKEN_BAD_SIGNATURE;
}

/* Behind ":PORT": emulators on one state directory take each other's tokens, whatever the port. */
static const char *skip_port(const char *text)
{
	size_t digits = *text == ':' ? strspn(text + 1, "0123456789") : 0;

	return digits > 0 ? text + 1 + digits : text;
}

static bool foreign_issuer(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	static const char version[] = "/v2.0";
	const struct resource_facts *f = facts;
	size_t host = (size_t)(strrchr(f->sts_base, ':') - f->sts_base);
	char tenant[sizeof(f->token.issuer)];
	const char *rest;
	size_t len;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "the token is another issuer's");
	if (strncmp(f->token.issuer, f->sts_base, host) != 0)
		return true;
	rest = skip_port(f->token.issuer + host);
	len = strlen(rest);
	if (*rest != '/' || len < sizeof(version) ||
	    !text_equal(rest + len - strlen(version), version))
		return true;
	(void)snprintf(tenant, sizeof(tenant), "%.*s", (int)(len - sizeof(version)), rest + 1);
	return config_find_tenant(f->config, tenant) == NULL;
}

static bool outside_time(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct resource_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%s",
	               f->verdict == TOKEN_EXPIRED ? "the token has expired"
	                                           : "the token is not valid yet");
	return f->verdict == TOKEN_EXPIRED || f->verdict == TOKEN_NOT_YET;
}

static bool wrong_audience(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct resource_facts *f = facts;
	const struct config_list *known = &f->config->resource_audiences;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "the token is for another audience");
	for (size_t i = 0; i < known->count; i++)
		if (text_equal(known->items[i], f->token.audience))
			return false;
	return known->count > 0 || f->token.audience[0] == '\0';
}

static bool wrong_scheme(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct resource_facts *f = facts;
	bool bound = f->token.x5t_s256[0] != '\0';

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "a token %s cnf does not go with the scheme %s",
	               bound ? "with" : "without", f->scheme ? f->scheme : "");
	return bound != text_equal(f->scheme, POP);
}

static bool no_certificate(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct resource_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE,
	               "the token is bound, no certificate was presented");
	return f->token.x5t_s256[0] != '\0' && !f->certificate;
}

static bool wrong_thumbprint(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct resource_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "the token is bound to another certificate");
	return f->token.x5t_s256[0] != '\0' && f->certificate &&
	       !text_equal(f->token.x5t_s256, f->thumbprint);
}

#define INVALID_TOKEN                                                                              \
	{                                                                                          \
		401, "invalid_token", 0, "{}"                                                      \
	}

static const struct role_rule rows[] = {
        {RULE_RES_AUTHORIZATION, no_authorization, INVALID_TOKEN},
        {RULE_RES_TOKEN, bad_token, INVALID_TOKEN},
        {RULE_RES_ISSUER, foreign_issuer, INVALID_TOKEN},
        {RULE_RES_TIME, outside_time, INVALID_TOKEN},
        {RULE_RES_AUDIENCE, wrong_audience, INVALID_TOKEN},
        {RULE_RES_SCHEME, wrong_scheme, INVALID_TOKEN},
        {RULE_RES_CERTIFICATE, no_certificate, INVALID_TOKEN},
        {RULE_RES_THUMBPRINT, wrong_thumbprint, INVALID_TOKEN},
};

/* Splits the one Authorization header. */
static void read_authorization(struct resource_facts *facts, const struct http_request *request)
{
	static const char *const schemes[] = {POP, BEARER};
	size_t count = 0;
	const char *value = http_header(request, "Authorization", &count);

	for (size_t i = 0; i < TEXT_COUNT(schemes) && count == 1; i++) {
		size_t len = strlen(schemes[i]);

		if (!text_starts_nocase(value, schemes[i]) || value[len] != ' ')
			continue;
		facts->scheme = schemes[i];
		facts->jwt = value + len + strspn(value + len, " ");
	}
}

static enum msiv2_rc read_facts(struct resource_facts *facts, struct role_call *call,
                                struct msiv2_error *err)
{
	X509 *peer = call->request->tls ? call->request->tls->peer : NULL;
	uint8_t sha256[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) text = {0};

	*facts = (struct resource_facts){.config = call->config,
	                                 .sts_base = call->world->sts_base,
	                                 .verdict = TOKEN_MALFORMED};
	read_authorization(facts, call->request);
	if (facts->jwt)
		facts->verdict = tokens_check(call->world->tokens, facts->jwt, strlen(facts->jwt),
		                              call->now_s, &facts->token);
	/* Nobody's token can be judged: our fault, not the client's. */
	if (facts->verdict == TOKEN_NO_KEY)
		return tokens_ready(call->world->tokens, err);
	facts->certificate = peer != NULL;
	if (!peer)
		return MSIV2_OK;
	TRY(x509_sha256(peer, sha256, err));
	base64url_encode(sha256, sizeof(sha256), &text);
	TRY(bytes_done(&text, "certificate", err));
	role_note(facts->thumbprint, sizeof(facts->thumbprint), bytes_text(&text));
	return MSIV2_OK;
}

static void refuse(struct role_call *call, const struct role_answer *answer, const char *detail)
{
	char challenge[192];

	(void)snprintf(challenge, sizeof(challenge),
	               POP " error=\"%s\", error_description=\"%.120s\"", answer->error, detail);
	http_add_header(call->response, "WWW-Authenticate", challenge);
	role_refuse(call, answer, detail, NULL);
}

/* Without a token that this world signed there is nobody to let in, whatever the modes say. True
 * when it is lacking; the answer is then that of its rule. */
static bool lacks_basis(struct role_call *call, const struct resource_facts *facts)
{
	static const struct role_answer answer = INVALID_TOKEN;
	char detail[ROLE_DETAIL_SIZE] = "";

	if (!no_authorization(facts, detail) && !bad_token(facts, detail))
		return false;
	refuse(call, &answer, detail);
	return true;
}

static void accept(struct role_call *call, const struct resource_facts *facts)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	const struct token_facts *token = &facts->token;
	bool bound = token->x5t_s256[0] != '\0';

	cJSON_AddBoolToObject(json, "ok", true);
	cJSON_AddStringToObject(json, "audience", token->audience);
	cJSON_AddStringToObject(json, "client_id", token->client_id);
	cJSON_AddStringToObject(json, "tenant_id", token->tenant_id);
	cJSON_AddStringToObject(json, "token_type", bound ? POP : BEARER);
	if (bound)
		cJSON_AddStringToObject(json, "x5t#S256", token->x5t_s256);
	else
		cJSON_AddNullToObject(json, "x5t#S256");
	cJSON_AddStringToObject(json, "method", call->request->method);
	cJSON_AddStringToObject(json, "path", call->request->path);
	role_send_json(call, 200, json);
}

void resource_answer(struct role_call *call)
{
	struct resource_facts facts;
	struct msiv2_error err = {0};
	char detail[ROLE_DETAIL_SIZE] = "";
	const struct role_rule *row;

	call->notes->endpoint = ENDPOINT_RESOURCE;
	if (role_refuse_broken_body(call))
		return;
	if (read_facts(&facts, call, &err) != MSIV2_OK) {
		role_fail(call, &err);
		return;
	}
	row = role_judge(rows, TEXT_COUNT(rows), &facts, call, detail);
	if (row) {
		refuse(call, &row->answer, detail);
		return;
	}
	if (lacks_basis(call, &facts))
		return;
	role_note(call->notes->client_id, sizeof(call->notes->client_id), facts.token.client_id);
	role_note(call->notes->token_type, sizeof(call->notes->token_type),
	          facts.token.x5t_s256[0] != '\0' ? POP : BEARER);
	role_note(call->notes->token_audience, sizeof(call->notes->token_audience),
	          facts.token.audience);
	accept(call, &facts);
}
