/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "https.h"

#include <string.h>

#include "common/text.h"
#include "maa.h"
#include "oidc.h"
#include "resource.h"
#include "role.h"
#include "sts.h"

#define TENANT_MAX 64

/* What follows "/{tenant}" and who answers it. */
static const struct route {
	const char *rest;
	enum endpoint endpoint;
	void (*answer)(struct role_call *call, const char *tenant);
} routes[] = {
        {"/oauth2/v2.0/token", ENDPOINT_TOKEN, sts_answer},
        {"/v2.0/.well-known/openid-configuration", ENDPOINT_DISCOVERY, oidc_answer_discovery},
        {"/discovery/v2.0/keys", ENDPOINT_KEYS, oidc_answer_keys},
};

/* The route of a path "/{tenant}REST" with the tenant copied out, or NULL. */
static const struct route *find_route(const char *path, char tenant[TENANT_MAX])
{
	const char *rest = path[0] == '/' ? strchr(path + 1, '/') : NULL;
	size_t len = rest ? (size_t)(rest - path - 1) : 0;

	if (len == 0 || len >= TENANT_MAX)
		return NULL;
	memcpy(tenant, path + 1, len);
	tenant[len] = '\0';
	for (size_t i = 0; i < TEXT_COUNT(routes); i++)
		if (text_equal_nocase(rest, routes[i].rest))
			return &routes[i];
	return NULL;
}

static bool is_resource(const char *path)
{
	return text_equal(path, "/resource") || text_starts(path, "/resource/");
}

enum endpoint https_endpoint(const struct http_request *request)
{
	char tenant[TENANT_MAX];
	const struct route *route = find_route(request->path, tenant);

	if (is_resource(request->path))
		return ENDPOINT_RESOURCE;
	if (maa_has_path(request->path))
		return maa_endpoint(request->path);
	return route ? route->endpoint : ENDPOINT_UNKNOWN;
}

void https_answer(struct world *world, const struct http_request *request,
                  struct http_response *response, struct journal_notes *notes)
{
	static const struct role_answer not_found = {404, "not_found", 0, "Not found"};
	char tenant[TENANT_MAX] = "";
	OWNED_STRUCT(role_call) call = {0};
	const struct route *route;

	role_call_init(&call, world, request, response, notes);
	route = find_route(request->path, tenant);
	if (is_resource(request->path))
		resource_answer(&call);
	else if (maa_has_path(request->path))
		maa_answer(&call);
	else if (route)
		route->answer(&call, tenant);
	else
		role_refuse(&call, &not_found, "", NULL);
}
