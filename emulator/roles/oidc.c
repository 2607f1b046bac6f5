/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "oidc.h"

#include "common/text.h"
#include "emulator/pki/tokens.h"
#include "entra.h"

/* Both documents are read with GET (or HEAD) and belong to a tenant. */
static bool refused(struct role_call *call, const char *tenant)
{
	static const struct role_answer wrong_method = {405, "invalid_request", 0,
	                                                "Method not allowed"};
	static const struct role_answer wrong_tenant = {400, "invalid_tenant", 90002,
	                                                "Tenant '{}' not found."};

	if (!text_equal(call->request->method, "GET") &&
	    !text_equal(call->request->method, "HEAD")) {
		http_add_header(call->response, "Allow", "GET, HEAD");
		role_refuse(call, &wrong_method, "", NULL);
		return true;
	}
	if (!config_find_tenant(call->config, tenant)) {
		entra_refuse(call, &wrong_tenant, tenant);
		return true;
	}
	return false;
}

/* Adds base + "/" + tenant + path. */
static void add_url(cJSON *json, const char *name, const struct role_call *call, const char *tenant,
                    const char *path)
{
	OWNED_STRUCT(bytes) url = {0};

	bytes_addf(&url, "%s/%s%s", call->world->sts_base, config_find_tenant(call->config, tenant),
	           path);
	cJSON_AddStringToObject(json, name, bytes_text(&url));
}

static void add_list(cJSON *json, const char *name, const char *item)
{
	cJSON_AddItemToObject(json, name, cJSON_CreateStringArray(&item, 1));
}

void oidc_answer_discovery(struct role_call *call, const char *tenant)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *aliases;

	call->notes->endpoint = ENDPOINT_DISCOVERY;
	if (refused(call, tenant))
		return;
	add_url(json, "issuer", call, tenant, "/v2.0");
	add_url(json, "token_endpoint", call, tenant, "/oauth2/v2.0/token");
	add_url(json, "jwks_uri", call, tenant, "/discovery/v2.0/keys");
	add_list(json, "token_endpoint_auth_methods_supported", "tls_client_auth");
	add_list(json, "grant_types_supported", "client_credentials");
	add_list(json, "response_types_supported", "token");
	add_list(json, "subject_types_supported", "pairwise");
	add_list(json, "id_token_signing_alg_values_supported", "RS256");
	cJSON_AddBoolToObject(json, "tls_client_certificate_bound_access_tokens", true);
	aliases = cJSON_AddObjectToObject(json, "mtls_endpoint_aliases");
	add_url(aliases, "token_endpoint", call, tenant, "/oauth2/v2.0/token");
	cJSON_AddStringToObject(json, "x_notice",
	                        "msiv2 emulator, NOT FOR PRODUCTION"); /* SEC-02 */
	role_send_json(call, 200, json);
}

void oidc_answer_keys(struct role_call *call, const char *tenant)
{
	struct msiv2_error err = {0};

	call->notes->endpoint = ENDPOINT_KEYS;
	if (refused(call, tenant))
		return;
	if (tokens_jwks(call->world->tokens, &call->response->body, &err) != MSIV2_OK) {
		bytes_free(&call->response->body);
		role_fail(call, &err);
		return;
	}
	call->response->status = 200;
}
