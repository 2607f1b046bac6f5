/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "grant.h"

#include <stdatomic.h>
#include <string.h>

#include "common/mem.h"

struct grant {
	atomic_int refs;
	char *secret;
	enum msiv2_token_type type;
	int64_t expires_on_s;
	char *client_id;
	char *tenant_id;
	struct msiv2_certificate *certificate;
	struct msiv2_timings timings;
};

const char *grant_type_name(enum msiv2_token_type type)
{
	return type == MSIV2_TOKEN_MTLS_POP ? "mtls_pop" : "Bearer";
}

static int64_t later_by(int64_t from_s, int64_t by_s)
{
	return by_s > INT64_MAX - from_s ? INT64_MAX : from_s + by_s;
}

enum msiv2_rc grant_new(const struct grant_parts *parts, struct grant **out,
                        struct msiv2_error *err)
{
	OWNED_STRUCT(token_answer) answer = steal(parts->answer);
	OWNED_STRUCT(grant) *grant = mem_alloc(sizeof(*grant));

	if (grant == NULL)
		return err_no_memory(err, "token");
	atomic_init(&grant->refs, 1);
	grant->secret = steal(&answer.access_token);
	grant->type = parts->type;
	grant->expires_on_s = later_by(parts->asked_at_s, answer.expires_in_s);
	grant->client_id = mem_strdup(parts->client_id);
	grant->tenant_id = mem_strdup(parts->tenant_id);
	grant->certificate = certificate_ref(parts->certificate);
	grant->timings = *parts->timings;
	if (grant->client_id == NULL || grant->tenant_id == NULL)
		return err_no_memory(err, "token");
	*out = steal(&grant);
	return MSIV2_OK;
}

struct grant *grant_ref(struct grant *grant)
{
	atomic_fetch_add(&grant->refs, 1);
	return grant;
}

void grant_free(struct grant *grant)
{
	if (grant == NULL || atomic_fetch_sub(&grant->refs, 1) > 1)
		return;
	mem_free_secret(grant->secret, grant->secret != NULL ? strlen(grant->secret) : 0);
	mem_free(grant->client_id);
	mem_free(grant->tenant_id);
	msiv2_certificate_free(grant->certificate);
	mem_free(grant);
}

bool grant_is_usable(const struct grant *grant, int64_t now_s)
{
	return grant->expires_on_s - GRANT_FRESH_LEFT_S > now_s;
}

const char *grant_secret(const struct grant *grant)
{
	return grant->secret;
}

const char *grant_type(const struct grant *grant)
{
	return grant_type_name(grant->type);
}

int64_t grant_expires_on(const struct grant *grant)
{
	return grant->expires_on_s;
}

const char *grant_client_id(const struct grant *grant)
{
	return grant->client_id;
}

const char *grant_tenant_id(const struct grant *grant)
{
	return grant->tenant_id;
}

struct msiv2_certificate *grant_certificate(const struct grant *grant)
{
	return grant->certificate;
}

const struct msiv2_timings *grant_timings(const struct grant *grant)
{
	return &grant->timings;
}
