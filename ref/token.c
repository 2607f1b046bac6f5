/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "token.h"

#include "common/mem.h"

struct msiv2_token {
	struct grant *grant;
	bool from_cache;
	int64_t total_us;
};

const struct msiv2_timings timings_none = {-1, -1, -1, -1, -1, -1, -1, -1, -1};

enum msiv2_rc token_new(struct grant *grant, bool from_cache, int64_t total_us,
                        struct msiv2_token **out, struct msiv2_error *err)
{
	struct msiv2_token *token = mem_alloc(sizeof(*token));

	if (token == NULL)
		return err_no_memory(err, "token");
	token->grant = grant_ref(grant);
	token->from_cache = from_cache;
	token->total_us = total_us;
	*out = token;
	return MSIV2_OK;
}

void msiv2_token_free(struct msiv2_token *token)
{
	if (token == NULL)
		return;
	grant_free(token->grant);
	mem_free(token);
}

const char *msiv2_token_secret(const struct msiv2_token *token)
{
	return grant_secret(token->grant);
}

const char *msiv2_token_type(const struct msiv2_token *token)
{
	return grant_type(token->grant);
}

int64_t msiv2_token_expires_on(const struct msiv2_token *token)
{
	return grant_expires_on(token->grant);
}

const char *msiv2_token_client_id(const struct msiv2_token *token)
{
	return grant_client_id(token->grant);
}

const char *msiv2_token_tenant_id(const struct msiv2_token *token)
{
	return grant_tenant_id(token->grant);
}

bool msiv2_token_from_cache(const struct msiv2_token *token)
{
	return token->from_cache;
}

const struct msiv2_certificate *msiv2_token_certificate(const struct msiv2_token *token)
{
	return grant_certificate(token->grant);
}

void msiv2_token_timings(const struct msiv2_token *token, struct msiv2_timings *out)
{
	*out = token->from_cache ? timings_none : *grant_timings(token->grant);
	out->total_us = token->total_us;
}
