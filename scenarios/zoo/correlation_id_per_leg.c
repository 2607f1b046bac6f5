/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: draws a new correlation id for each request (META-03). */

#include "altered_request.h"
#include "common/rng.h"

enum msiv2_rc __real_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);
enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);

enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err)
{
	struct altered_request altered;
	char id[UUID_TEXT_SIZE];
	enum msiv2_rc rc;

	if (!rng_uuid(rng_system(), id))
		return MSIV2_INTERNAL;
	altered_request_copy(&altered, request);
	altered_request_set_header(&altered, "x-ms-client-request-id", id);
	altered_request_set_header(&altered, "client-request-id", id);
	rc = __real_http_send(pool, &altered.request, answer, err);
	altered_request_free(&altered);
	return rc;
}
