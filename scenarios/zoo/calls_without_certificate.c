/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: calls a resource without the certificate of its token (RES-01). */

#include "common/text.h"
#include "ref/net/http.h"

static const struct msiv2_clock *last_clock;
static X509_STORE *last_trust;

enum msiv2_rc __real_http_pool_new(const struct http_pool_config *config, struct http_pool **out,
                                   struct msiv2_error *err);
enum msiv2_rc __wrap_http_pool_new(const struct http_pool_config *config, struct http_pool **out,
                                   struct msiv2_error *err);
enum msiv2_rc __real_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);
enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);

/* One client at a time: both live as long as it does. */
enum msiv2_rc __wrap_http_pool_new(const struct http_pool_config *config, struct http_pool **out,
                                   struct msiv2_error *err)
{
	last_clock = config->clock;
	last_trust = config->trust;
	return __real_http_pool_new(config, out, err);
}

enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err)
{
	const struct http_pool_config config = {.clock = last_clock, .trust = last_trust};
	OWNED_STRUCT(http_pool) *bare = NULL;

	if (!text_equal(request->where, "resource"))
		return __real_http_send(pool, request, answer, err);
	TRY(__real_http_pool_new(&config, &bare, err));
	return __real_http_send(bare, request, answer, err);
}
