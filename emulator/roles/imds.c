/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "imds.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "compute.h"
#include "emulator/query.h"
#include "imds_entry.h"
#include "imds_frame.h"
#include "imds_v1.h"
#include "issue.h"
#include "role.h"

#define SERVER "IMDS/150.870.65.1854" /* META-06 */

/* The two endpoints. */
static const struct imds_endpoint {
	const char *path;
	const char *method;
	enum endpoint endpoint;
} endpoints[] = {
        {"/metadata/identity/getplatformmetadata", "GET", ENDPOINT_METADATA},
        {"/metadata/identity/issuecredential", "POST", ENDPOINT_ISSUE},
};

static const char *const selectors[] = {"client_id", "object_id", "mi_res_id"};

/* What the rules look at. */
struct imds_facts {
	struct imds_frame frame; /* first: the shared checks look at it */
	const struct imds_endpoint *endpoint;
	const struct config_host *host;
	size_t selector_count;                  /* selectors given */
	const struct config_identity *identity; /* NULL = not assigned to this host */
};

/* The endpoint is `which`, and asked with another method than its own. */
static bool wrong_method(const struct imds_facts *facts, enum endpoint which,
                         char detail[ROLE_DETAIL_SIZE])
{
	(void)snprintf(detail, ROLE_DETAIL_SIZE, "asked with %.20s", facts->frame.request->method);
	return facts->endpoint->endpoint == which &&
	       !text_equal(facts->frame.request->method, facts->endpoint->method);
}

static bool wrong_metadata_method(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return wrong_method(facts, ENDPOINT_METADATA, detail);
}

static bool wrong_issue_method(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	return wrong_method(facts, ENDPOINT_ISSUE, detail);
}

static bool odd_path(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "path %.100s", f->frame.request->path);
	return !text_equal(f->frame.request->path, f->endpoint->path);
}

static bool wrong_version(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_facts *f = facts;
	const char *version = query_get(f->frame.query, "cred-api-version", NULL);

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%.40s", version ? version : "none");
	return !text_equal(version, f->host->contract_version);
}

static bool msi_res_id(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "msi_res_id");
	return query_get(f->frame.query, "msi_res_id", NULL) != NULL;
}

static bool many_selectors(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "%zu selectors", f->selector_count);
	return f->selector_count > 1;
}

static bool unknown_identity(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_facts *f = facts;

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "no such identity on this host");
	return f->identity == NULL;
}

static bool unknown_parameter(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	static const char *const known[] = {"cred-api-version", "client_id",  "object_id",
	                                    "mi_res_id",        "msi_res_id", "bypass_cache"};
	const struct imds_facts *f = facts;

	return imds_frame_unknown(&f->frame, known, TEXT_COUNT(known), detail);
}

static bool bad_bypass(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_facts *f = facts;
	const char *value = query_get(f->frame.query, "bypass_cache", NULL);

	if (!value)
		return false;
	if (f->endpoint->endpoint != ENDPOINT_ISSUE) {
		(void)snprintf(detail, ROLE_DETAIL_SIZE, "given to getplatformmetadata");
		return true;
	}
	(void)snprintf(detail, ROLE_DETAIL_SIZE, "bypass_cache=%.20s", value);
	return !text_equal_nocase(value, "true");
}

static bool no_correlation(const void *facts, char detail[ROLE_DETAIL_SIZE])
{
	const struct imds_facts *f = facts;
	const char *fault = role_uuid_header_fault(f->frame.request, "x-ms-client-request-id");

	(void)snprintf(detail, ROLE_DETAIL_SIZE, "x-ms-client-request-id: %s", fault ? fault : "");
	return fault != NULL;
}

/* Both endpoints, in the order in which they are checked. */
static const struct role_rule rows[] = {
        {RULE_META_FORWARDED,
         imds_frame_forwarded,
         {400, "invalid_request", 0, "Required metadata header not specified"}},
        {RULE_META_HEADER,
         imds_frame_no_header,
         {400, "invalid_request", 0, "Required metadata header not specified"}},
        {RULE_META_METHOD,
         wrong_metadata_method,
         {405, "invalid_request", 0, "Method not allowed"}},
        {RULE_ISSUE_METHOD, wrong_issue_method, {405, "invalid_request", 0, "Method not allowed"}},
        {RULE_META_PATH_CASE,
         odd_path,
         {404, "invalid_request", 0, "The path is not in its lower-case form"}},
        {RULE_META_DUPLICATE,
         imds_frame_repeated,
         {400, "invalid_request", 0, "Query parameter given more than once: {}"}},
        {RULE_META_VERSION,
         wrong_version,
         {400, "invalid_request", 0,
          "cred-api-version is invalid or was not specified in the request"}},
        {RULE_META_MSI_RES_ID,
         msi_res_id,
         {400, "invalid_request", 0, "Unsupported query variables"}},
        {RULE_META_SELECTOR,
         many_selectors,
         {400, "invalid_request", 0, "More than one identity is selected"}},
        {RULE_META_UNKNOWN_IDENTITY,
         unknown_identity,
         {400, "identity_not_found", 0, "Identity not found"}},
        {RULE_META_UNKNOWN_QUERY,
         unknown_parameter,
         {400, "invalid_request", 0, "Unsupported query variables"}},
        {RULE_ISSUE_BYPASS, bad_bypass, {400, "invalid_request", 0, "bypass_cache is not true"}},
        {RULE_META_CORRELATION,
         no_correlation,
         {400, "invalid_request", 0, "Required header x-ms-client-request-id: {}"}},
};

static const struct imds_endpoint *find_endpoint(const char *path)
{
	for (size_t i = 0; i < TEXT_COUNT(endpoints); i++)
		if (imds_frame_is_path(path, endpoints[i].path))
			return &endpoints[i];
	return NULL;
}

/* META-04: the identity that is meant; the host's own when none is named. */
static void select_identity(struct imds_facts *facts, const struct config_host *host)
{
	for (size_t i = 0; i < TEXT_COUNT(selectors); i++) {
		const char *value = query_get(facts->frame.query, selectors[i], NULL);

		if (!value)
			continue;
		if (facts->selector_count++ == 0)
			facts->identity = config_find_identity(host, selectors[i], value);
	}
	if (facts->selector_count == 0)
		facts->identity = config_default_identity(host);
}

/* META-05. */
static void answer_metadata(struct role_call *call, const struct config_identity *identity)
{
	const struct config_host *host = call->host;
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *cu_id;

	cJSON_AddStringToObject(json, "clientId", identity->client_id);
	cJSON_AddStringToObject(json, "tenantId", config_host_tenant(call->config, host));
	cu_id = cJSON_AddObjectToObject(json, "cuId");
	if (host->vm_id)
		cJSON_AddStringToObject(cu_id, "vmId", host->vm_id);
	if (host->vmss_id)
		cJSON_AddStringToObject(cu_id, "vmssId", host->vmss_id);
	cJSON_AddStringToObject(json, "attestationEndpoint", call->world->attestation_endpoint);
	role_send_json(call, 200, json);
}

static void refuse(struct role_call *call, const struct imds_facts *facts,
                   const struct role_rule *row, const char *detail)
{
	const char *version = facts->host->contract_version;
	OWNED(cJSON) *more = NULL;

	if (row->rule == RULE_META_VERSION) {
		more = cJSON_CreateObject();
		cJSON_AddItemToObject(more, "newest-versions",
		                      cJSON_CreateStringArray(&version, 1));
	}
	if (row->answer.status == 405)
		http_add_header(call->response, "Allow", facts->endpoint->method);
	role_refuse(call, &row->answer, detail, more);
}

/* A request to one of the two endpoints, with its query parsed. */
static void answer_endpoint(struct role_call *call, const struct imds_endpoint *endpoint,
                            const struct query *query)
{
	struct imds_facts facts = {
	        .frame = {call->request, query, endpoint->path, endpoint->method},
	        .endpoint = endpoint,
	        .host = call->host,
	};
	char detail[ROLE_DETAIL_SIZE] = "";
	const struct role_rule *row;

	select_identity(&facts, call->host);
	row = role_judge(rows, TEXT_COUNT(rows), &facts, call, detail);
	if (row) {
		refuse(call, &facts, row, detail);
		return;
	}
	/* Where the unknown identity is only noted, the host's own stands in. */
	if (!facts.identity)
		facts.identity = config_default_identity(call->host);
	role_note(call->notes->client_id, sizeof(call->notes->client_id),
	          facts.identity->client_id);
	if (endpoint->endpoint == ENDPOINT_ISSUE)
		issue_answer(call, facts.identity);
	else
		answer_metadata(call, facts.identity);
}

void imds_add_headers(struct http_response *response)
{
	http_add_header(response, "Server", SERVER);
}

/* A request to one of the two endpoints. */
static void answer_v2(struct role_call *call, const struct imds_endpoint *endpoint)
{
	OWNED_STRUCT(query) query = {0};

	if (imds_frame_read_query(call, &query))
		answer_endpoint(call, endpoint, &query);
}

/* META-08: a probe is the metadata request without its header. */
static enum endpoint endpoint_of(const struct http_request *request,
                                 const struct imds_endpoint *endpoint)
{
	if (imds_v1_has_path(request->path))
		return ENDPOINT_V1_TOKEN;
	if (compute_has_path(request->path))
		return ENDPOINT_COMPUTE;
	if (!endpoint)
		return ENDPOINT_UNKNOWN;
	if (endpoint->endpoint == ENDPOINT_METADATA && !http_header(request, "Metadata", NULL))
		return ENDPOINT_PROBE;
	return endpoint->endpoint;
}

enum endpoint imds_endpoint(const struct http_request *request)
{
	return endpoint_of(request, find_endpoint(request->path));
}

static void answer(struct role_call *call, const struct imds_endpoint *endpoint)
{
	static const struct role_answer not_found = {404, "not_found", 0, "Not found"};

	imds_add_headers(call->response);
	if (endpoint)
		answer_v2(call, endpoint);
	else if (call->notes->endpoint == ENDPOINT_V1_TOKEN)
		imds_v1_answer(call);
	else if (call->notes->endpoint == ENDPOINT_COMPUTE)
		compute_answer(call);
	else
		role_refuse(call, &not_found, "", NULL);
}

void imds_answer(struct world *world, const struct http_request *request,
                 struct http_response *response, struct journal_notes *notes)
{
	const struct imds_endpoint *endpoint = find_endpoint(request->path);
	OWNED_STRUCT(role_call) call = {0};
	bool counted = false;

	role_call_init(&call, world, request, response, notes);
	notes->endpoint = endpoint_of(request, endpoint);
	if (!imds_entry_pass(&call, &counted))
		return;
	answer(&call, endpoint);
	imds_entry_leave(&call, counted);
}

void imds_refuse(struct role_call *call, const struct role_answer *answer)
{
	if (!imds_entry_answers(call))
		return;
	imds_add_headers(call->response);
	role_refuse(call, answer, "", NULL);
}
