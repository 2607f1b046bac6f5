/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fault_who.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "emulator/config_find.h"
#include "emulator/pki/jwt.h"

static const struct blame blame = {MSIV2_CONFIG, "faults"};

static void know(char out[JOURNAL_ID_SIZE], const char *text, const char **known)
{
	if (text_empty(text) || !text_copy(out, JOURNAL_ID_SIZE, text))
		return;
	*known = out;
}

/* The thumbprint, and the CN as the client's id (CSR-01). */
static void read_certificate(struct fault_who *who, X509 *certificate)
{
	uint8_t sha256[X509_SHA256_LEN];

	if (!certificate || x509_sha256(certificate, sha256, NULL) != MSIV2_OK)
		return;
	hex_encode(sha256, sizeof(sha256), &who->sha256);
	if (!who->sha256.failed)
		who->subject.certificate_sha256 = bytes_text(&who->sha256);
}

static void read_common_name(struct fault_who *who, X509 *certificate)
{
	OWNED_STRUCT(bytes) name = {0};

	if (certificate &&
	    x509_name_value(X509_get_subject_name(certificate), NID_commonName, &name))
		know(who->client_id, bytes_text(&name), &who->subject.client_id);
}

/* META-04: the identity that is meant, the host's own when none is named. */
static void read_selector(struct fault_who *who, const struct config_host *host)
{
	static const struct {
		const char *parameter;
		const char *selector;
	} selectors[] = {
	        {"client_id", "client_id"},
	        {"object_id", "object_id"},
	        {"mi_res_id", "mi_res_id"},
	        {"msi_res_id", "mi_res_id"},
	};
	const struct config_identity *identity = config_default_identity(host);

	for (size_t i = 0; i < TEXT_COUNT(selectors); i++) {
		const char *value = query_get(&who->query, selectors[i].parameter, NULL);

		if (!value)
			continue;
		identity = config_find_identity(host, selectors[i].selector, value);
		break;
	}
	if (identity)
		know(who->client_id, identity->client_id, &who->subject.client_id);
}

static void read_imds(struct fault_who *who, const struct config *config,
                      const struct http_request *request)
{
	const struct config_host *host = config_find_host(config, request->host);

	if (!host)
		return;
	know(who->host, host->name, &who->subject.host);
	read_selector(who, host);
}

/* STS-02 */
static void read_form(struct fault_who *who, const struct http_request *request)
{
	OWNED_STRUCT(query) form = {0};

	if (query_parse((const char *)request->body, request->body_len, &blame, &form, NULL) ==
	    MSIV2_OK)
		know(who->client_id, query_get(&form, "client_id", NULL), &who->subject.client_id);
}

/* The appid of a token that was sent along. */
static void read_token(struct fault_who *who, const struct http_request *request)
{
	const char *value = http_header(request, "Authorization", NULL);
	const char *text = value ? strchr(value, ' ') : NULL;
	OWNED_STRUCT(jwt) jwt = {0};
	OWNED(cJSON) *payload = NULL;
	const char *id = NULL;

	if (text && jwt_read(text + 1, strlen(text + 1), &jwt) &&
	    json_parse_object(jwt.payload.data, jwt.payload.len, &blame, &payload, NULL) ==
	            MSIV2_OK &&
	    json_need_string(payload, "appid", &blame, &id, NULL) == MSIV2_OK)
		know(who->client_id, id, &who->subject.client_id);
}

/* The host that has the client, in the tenant that the path names. */
static void find_host(struct fault_who *who, const struct config *config, const char *path)
{
	const char *end = path[0] == '/' ? strchr(path + 1, '/') : NULL;
	const struct config_host *host = NULL;
	char tenant[JOURNAL_ID_SIZE];

	if (!who->subject.client_id || !end || (size_t)(end - path) > sizeof(tenant))
		return;
	memcpy(tenant, path + 1, (size_t)(end - path - 1));
	tenant[end - path - 1] = '\0';
	if (config_find_client(config, tenant, who->subject.client_id, &host) && host)
		know(who->host, host->name, &who->subject.host);
}

static void read_correlation(struct fault_who *who, const struct http_request *request)
{
	static const char *const names[] = {"x-ms-client-request-id", "client-request-id",
	                                    "x-ms-correlation-id"};

	for (size_t i = 0; i < TEXT_COUNT(names) && !who->subject.correlation_id; i++)
		who->subject.correlation_id = http_header(request, names[i], NULL);
}

void fault_who_ask(struct fault_who *who, struct world *world, const struct http_request *request,
                   enum endpoint endpoint)
{
	struct snapshot *snapshot = world_hold(world);
	const struct config *config = &snapshot->config;
	const char *query = request->query;

	*who = (struct fault_who){0};
	who->subject.endpoint = endpoint;
	who->subject.method = request->method;
	who->subject.request = request;
	if (query && query_parse(query, strlen(query), &blame, &who->query, NULL) == MSIV2_OK)
		who->subject.query = &who->query;
	read_correlation(who, request);
	if (request->tls) {
		who->subject.server_name = request->tls->server_name;
		read_certificate(who, request->tls->peer);
	}
	if (text_equal(request->listener, "imds"))
		read_imds(who, config, request);
	else if (endpoint == ENDPOINT_TOKEN)
		read_form(who, request);
	else if (endpoint == ENDPOINT_RESOURCE)
		read_token(who, request);
	if (endpoint == ENDPOINT_TOKEN)
		find_host(who, config, request->path);
	snapshot_release(snapshot);
}

void fault_who_ask_tls(struct fault_who *who, const char *server_name, X509 *certificate)
{
	*who = (struct fault_who){0};
	who->subject.endpoint = ENDPOINT_TLS;
	who->subject.server_name = server_name;
	read_certificate(who, certificate);
	read_common_name(who, certificate);
}

void fault_who_free(struct fault_who *who)
{
	query_free(&who->query);
	bytes_free(&who->sha256);
}
