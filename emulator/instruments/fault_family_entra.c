/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Errors of the token service (STS-04, STS-05, STS-08, ATT-06) and the claims challenge of the
 * resource (RES-02). */
#include <stdio.h>

#include "common/encoding.h"
#include "common/text.h"
#include "emulator/roles/entra.h"
#include "fault_kind.h"

/* What the codes say. */
static const struct role_answer answers[] = {
        {400, "invalid_request", 392200, "Client certificate is missing from the request."},
        {401, "invalid_client", 500181,
         "The TLS certificate provided does not match the certificate in the assertion."},
        {401, "invalid_client", 1000502,
         "The provided certificate is not within its specified validity window."},
        {400, "invalid_tenant", 90002,
         "Tenant not found. Check to make sure you have the correct tenant ID."},
        {400, "invalid_resource", 500011, "The resource principal was not found in the tenant."},
        {400, "unauthorized_client", 700016, "The application was not found in the directory."},
        {401, "invalid_client", 700027, "The client certificate is not accepted."},
        {401, "invalid_client", 7000214, "The client certificate has been revoked."},
        {401, "invalid_client", 1000610, "The attestation token is outside its time range."},
        {401, "invalid_client", 1000611,
         "The attestation token's issuer is not the attestation service."},
        {401, "invalid_client", 1000612,
         "The attestation token has a claim that is not as required."},
        {401, "invalid_client", 1000613,
         "The attestation token's jku is not the attestation service's."},
        {401, "invalid_client", 1000614, "The signature of the attestation token is not valid."},
        {400, "invalid_request", 1000901, "token_not_after is not within the allowed range."},
        {500, "server_error", 50000, "There was an error issuing a token."},
        {503, "temporarily_unavailable", 90033, "A transient error has occurred."},
};

static const struct role_answer *find_answer(int number)
{
	for (size_t i = 0; i < TEXT_COUNT(answers); i++)
		if (answers[i].aadsts == number)
			return &answers[i];
	return NULL;
}

static bool known_error(const struct fault_act *act)
{
	entra_refuse(act->call, find_answer(act->kind->number), "");
	return true;
}

/* As the service answers it, but without the numbers. */
static bool without_codes(const struct fault_act *act)
{
	OWNED(cJSON) *json = NULL;

	entra_refuse(act->call, find_answer(700027), "");
	json = cJSON_ParseWithLength((const char *)act->response->body.data,
	                             act->response->body.len);
	cJSON_DeleteItemFromObjectCaseSensitive(json, "error_codes");
	role_send_json(act->call, act->response->status, json);
	return true;
}

static bool any_error(const struct fault_act *act)
{
	const struct role_answer answer = {(int)fault_number(act, "status"),
	                                   fault_text(act, "error"), (int)fault_number(act, "code"),
	                                   fault_text(act, "description")};

	entra_refuse(act->call, &answer, "");
	return true;
}

/* RES-02; the claims are base64 of JSON, as a challenge of Entra's continuous access evaluation. */
static bool challenge(const struct fault_act *act)
{
	static const struct role_answer answer = {401, "insufficient_claims", 0,
	                                          "the resource wants other claims"};
	OWNED_STRUCT(bytes) json = {0};

	json_print(fault_value(act, "claims"), &json);
	role_refuse(act->call, &answer, "", NULL);
	bytes_addf(&act->response->head,
	           "WWW-Authenticate: %s realm=\"\", error=\"insufficient_claims\", claims=\"",
	           fault_text(act, "scheme"));
	base64_encode(json.data, json.len, &act->response->head);
	bytes_add_text(&act->response->head, "\"\r\n");
	return !act->response->head.failed;
}

static bool is_word(const char *text)
{
	return text[0] != '\0' && strlen(text) < 64 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	               strlen(text);
}

static bool is_words(const char *text)
{
	return text[0] != '\0' && strlen(text) < 512;
}

#define TOKEN FAULT_AT_ANSWER, FAULT_BIT(ENDPOINT_TOKEN)
#define AADSTS(code, rules, words)                                                                 \
	{                                                                                          \
		"aadsts-" #code, words, rules, TOKEN, code, {{0}}, known_error                     \
	}

static const struct fault_kind kinds[] = {
        AADSTS(392200, "STS-08", "invalid_request, AADSTS392200: the certificate is missing."),
        AADSTS(500181, "STS-05 STS-08",
               "invalid_client, AADSTS500181: the TLS certificate differs from the bound one."),
        AADSTS(1000502, "STS-05 STS-08",
               "invalid_client, AADSTS1000502: the certificate is outside its validity."),
        AADSTS(90002, "STS-08", "invalid_tenant, AADSTS90002: no such tenant."),
        AADSTS(500011, "STS-08", "invalid_resource, AADSTS500011: no such resource."),
        AADSTS(700016, "STS-08", "unauthorized_client, AADSTS700016: no such client."),
        AADSTS(700027, "STS-05", "invalid_client, AADSTS700027: the certificate is not accepted."),
        AADSTS(7000214, "STS-05", "invalid_client, AADSTS7000214: the certificate is revoked."),
        AADSTS(1000610, "STS-05 ATT-06",
               "invalid_client, AADSTS1000610: the attestation token's time range."),
        AADSTS(1000611, "STS-05 ATT-06",
               "invalid_client, AADSTS1000611: the attestation token's issuer."),
        AADSTS(1000612, "STS-05 ATT-06",
               "invalid_client, AADSTS1000612: a claim of the attestation token."),
        AADSTS(1000613, "STS-05 ATT-06",
               "invalid_client, AADSTS1000613: the attestation token's jku."),
        AADSTS(1000614, "STS-05 ATT-06",
               "invalid_client, AADSTS1000614: the attestation token's signature."),
        AADSTS(1000901, "STS-05",
               "invalid_request, AADSTS1000901: token_not_after; no new certificate helps."),
        AADSTS(50000, "NET-02", "500 server_error, AADSTS50000."),
        AADSTS(90033, "NET-02", "503 temporarily_unavailable, AADSTS90033."),
        {"invalid-client-without-codes",
         "invalid_client without error_codes.",
         "STS-04 STS-05",
         TOKEN,
         0,
         {{0}},
         without_codes},
        {"token-error",
         "Any error in the shape of the token service.",
         "STS-04",
         TOKEN,
         0,
         {{"status", FAULT_INTEGER, "400", 400, 599, false, "the status", NULL},
          {"error", FAULT_TEXT, "\"invalid_request\"", 0, 0, false,
           "one word of letters, digits, _ and -", is_word},
          {"code", FAULT_INTEGER, "900144", 1, 99999999, false, "the AADSTS number", NULL},
          {"description", FAULT_TEXT, "\"The request is not acceptable.\"", 0, 0, false,
           "what the description says", is_words}},
         any_error},
        {"claims-challenge",
         "The resource answers 401 with a claims challenge.",
         "RES-02 STS-07",
         FAULT_AT_ANSWER,
         FAULT_BIT(ENDPOINT_RESOURCE),
         0,
         {{"claims", FAULT_VALUE,
           "{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1795230000\"}}}", 0, 0,
           false, "what is asked for; sent as base64 of the JSON", NULL},
          {"scheme", FAULT_TEXT, "\"mtls_pop\"", 0, 0, false, "the scheme, one word", is_word}},
         challenge},
};

const struct fault_family fault_family_entra = {"entra", "Token service and resource", kinds,
                                                TEXT_COUNT(kinds)};
