/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "imds_v1.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "emulator/instruments/fault_run.h"
#include "emulator/pki/tokens.h"
#include "imds_frame.h"
#include "issued.h"

#define PATH       "/metadata/identity/oauth2/token"
#define TOKEN_TYPE "Bearer"

/* Query parameters that select an identity, and what the configuration calls them. */
static const struct selector {
	const char *parameter;
	const char *selector;
} selectors[] = {
        {"client_id", "client_id"},
        {"object_id", "object_id"},
        {"msi_res_id", "mi_res_id"},
        {"mi_res_id", "mi_res_id"},
};

/* What the rules look at. */
struct v1_facts {
	struct imds_frame frame; /* first: the shared checks look at it */
	const struct config *config;
	const struct config_host *host;
	size_t selector_count;                  /* selectors given */
	const struct config_identity *identity; /* NULL = not assigned to this host */
};

static bool odd_path(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct v1_facts *f = facts;
	const char *path = f->frame.request->path;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "path %.100s", path);
	return strncmp(path, f->frame.path, strlen(f->frame.path)) != 0;
}

static bool no_resource(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct v1_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "no resource");
	return text_empty(query_get(f->frame.query, "resource", NULL));
}

/* One of the configured resources, with or without a slash at its end. */
static bool is_configured(const struct config_list *resources, const char *resource)
{
	size_t len = strlen(resource);

	if (len > 0 && resource[len - 1] == '/')
		len--;
	for (size_t i = 0; i < resources->count; i++) {
		size_t item_len = strlen(resources->items[i]);

		if (item_len > 0 && resources->items[i][item_len - 1] == '/')
			item_len--;
		if (item_len == len && strncmp(resources->items[i], resource, len) == 0)
			return true;
	}
	return resources->count == 0;
}

static bool bad_resource(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	static const char scope_suffix[] = "/.default";
	const struct v1_facts *f = facts;
	const char *tenant = config_host_tenant(f->config, f->host);
	const char *resource = query_get(f->frame.query, "resource", NULL);
	size_t len = resource ? strlen(resource) : 0;

	if (len == 0)
		return false;
	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.100s", resource);
	if (len >= strlen(scope_suffix) &&
	    strcmp(resource + len - strlen(scope_suffix), scope_suffix) == 0)
		return true;
	return strpbrk(resource, " \t\r\n\"<>\\") ||
	       !is_configured(config_token_resources(f->config, tenant), resource);
}

static bool many_selectors(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct v1_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%zu selectors", f->selector_count);
	return f->selector_count > 1;
}

/* Nothing is selected, and the host has no identity of its own but several others. */
static bool ambiguous(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct v1_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%zu user-assigned identities",
	               f->host->identity_count);
	return f->selector_count == 0 && f->identity && !f->identity->system &&
	       f->host->identity_count > 1;
}

static bool unknown_identity(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct v1_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "no such identity on this host");
	return f->identity == NULL;
}

static bool unknown_parameter(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	/* xms_cc and token_sha256_to_refresh: clients that were handed a claims challenge. */
	static const char *const known[] = {
	        "api-version", "resource",     "client_id",
	        "object_id",   "msi_res_id",   "mi_res_id",
	        "xms_cc",      "bypass_cache", "token_sha256_to_refresh"};
	const struct v1_facts *f = facts;

	return imds_frame_unknown(&f->frame, known, TEXT_COUNT(known), detail);
}

/* In the order in which they are checked. */
static const struct role_rule rows[] = {
        {RULE_META_FORWARDED,
         imds_frame_forwarded,
         {400, "invalid_request", 0, "Required metadata header not specified"}},
        {RULE_META_HEADER,
         imds_frame_no_header,
         {400, "invalid_request", 0, "Required metadata header not specified"}},
        {RULE_V1_METHOD,
         imds_frame_wrong_method,
         {405, "invalid_request", 0, "Method not allowed"}},
        {RULE_V1_PATH_CASE,
         odd_path,
         {404, "invalid_request", 0, "The path is not in its lower-case form"}},
        {RULE_META_DUPLICATE,
         imds_frame_repeated,
         {400, "invalid_request", 0, "Query parameter given more than once: {}"}},
        {RULE_V1_VERSION, imds_frame_wrong_version, {400, "api-version", 0, "{}"}},
        {RULE_V1_RESOURCE_MISSING,
         no_resource,
         {400, "invalid_request", 0, "Required audience parameter not specified"}},
        {RULE_V1_RESOURCE,
         bad_resource,
         {400, "invalid_resource", 0,
          "AADSTS500011: The resource principal named {} was not found in the tenant."}},
        {RULE_V1_SELECTOR,
         many_selectors,
         {400, "invalid_request", 0, "More than one identity is selected"}},
        {RULE_V1_AMBIGUOUS,
         ambiguous,
         {400, "invalid_request", 0,
          "Multiple user assigned identities exist, please specify the clientId / resourceId of "
          "the identity in the token request"}},
        {RULE_V1_UNKNOWN_IDENTITY,
         unknown_identity,
         {400, "invalid_request", 0, "Identity not found"}},
        {RULE_V1_UNKNOWN_QUERY,
         unknown_parameter,
         {400, "invalid_request", 0, "Unsupported query variables"}},
};

static void select_identity(struct v1_facts *facts)
{
	for (size_t i = 0; i < TEXT_COUNT(selectors); i++) {
		const char *value = query_get(facts->frame.query, selectors[i].parameter, NULL);

		if (!value)
			continue;
		if (facts->selector_count++ == 0)
			facts->identity =
			        config_find_identity(facts->host, selectors[i].selector, value);
	}
	if (facts->selector_count == 0)
		facts->identity = config_default_identity(facts->host);
}

/* TOK-01: a bearer token of the older form, for the resource as it was written. */
static enum msiv2_rc make_token(struct role_call *call, const struct v1_facts *facts,
                                const char *resource, int64_t expires_at_s, struct bytes *jwt,
                                char jti[UUID_TEXT_SIZE], struct msiv2_error *err)
{
	const char *tenant = config_host_tenant(facts->config, facts->host);
	OWNED_STRUCT(bytes) issuer = {0};

	bytes_addf(&issuer, "%s/%s/v2.0", call->world->sts_base, tenant);
	TRY(bytes_done(&issuer, "token", err));
	const struct token_claims claims = {
	        .issuer = bytes_text(&issuer),
	        .audience = resource,
	        .tenant_id = tenant,
	        .client_id = facts->identity->client_id,
	        .object_id = facts->identity->object_id,
	        .mi_res_id = facts->identity->resource_id,
	        .version = "1.0",
	        .issued_at_s = call->now_s,
	        .expires_at_s = expires_at_s,
	        .editor = fault_run_editor(call->request->faults),
	};
	return tokens_issue(call->world->tokens, &claims, jwt, jti, err);
}

/* A number as the text that V1-01 wants. */
static void add_number_text(cJSON *json, const char *name, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	cJSON_AddStringToObject(json, name, text);
}

/* V1-01 */
static void answer_token(struct role_call *call, const struct v1_facts *facts)
{
	const char *asked = query_get(facts->frame.query, "resource", NULL);
	/* Where its absence is only noted there is still an audience to name. */
	const char *resource = text_empty(asked) ? "https://management.azure.com/" : asked;
	int64_t lifetime_s = config_token_lifetime_s(facts->config, facts->host, facts->identity);
	OWNED_STRUCT(bytes) jwt = {.secret = true};
	OWNED(cJSON) *json = cJSON_CreateObject();
	char jti[UUID_TEXT_SIZE] = "";
	struct msiv2_error err = {0};

	if (make_token(call, facts, resource, call->now_s + lifetime_s, &jwt, jti, &err) !=
	    MSIV2_OK) {
		role_fail(call, &err);
		return;
	}
	issued_token(call, facts->identity->client_id, TOKEN_TYPE, jti, &jwt);
	role_note(call->notes->token_audience, sizeof(call->notes->token_audience), resource);
	cJSON_AddStringToObject(json, "access_token", bytes_text(&jwt));
	cJSON_AddStringToObject(json, "client_id", facts->identity->client_id);
	add_number_text(json, "expires_in", lifetime_s);
	add_number_text(json, "expires_on", call->now_s + lifetime_s);
	add_number_text(json, "ext_expires_in", lifetime_s);
	add_number_text(json, "not_before", call->now_s);
	cJSON_AddStringToObject(json, "resource", resource);
	cJSON_AddStringToObject(json, "token_type", TOKEN_TYPE);
	role_send_json(call, 200, json);
}

bool imds_v1_has_path(const char *path)
{
	return imds_frame_is_path(path, PATH);
}

void imds_v1_answer(struct role_call *call)
{
	OWNED_STRUCT(query) query = {0};
	struct v1_facts facts = {
	        .frame = {call->request, &query, PATH, "GET"},
	        .config = call->config,
	        .host = call->host,
	};
	char detail[ROLE_DETAIL_SIZE] = "";
	const struct role_rule *row;

	call->notes->endpoint = ENDPOINT_V1_TOKEN;
	if (!imds_frame_read_query(call, &query))
		return;
	select_identity(&facts);
	row = role_judge(rows, TEXT_COUNT(rows), &facts, call, detail);
	if (row && row->rule == RULE_V1_VERSION)
		imds_frame_refuse_version(call, &facts.frame);
	else if (row)
		imds_frame_refuse(call, &facts.frame, &row->answer, detail);
	if (row)
		return;
	/* Where the unknown identity is only noted, the host's own stands in. */
	if (!facts.identity)
		facts.identity = config_default_identity(facts.host);
	role_note(call->notes->client_id, sizeof(call->notes->client_id),
	          facts.identity->client_id);
	answer_token(call, &facts);
}
