/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gives the version twice (META-09). */

#include "altered_request.h"

enum msiv2_rc __real_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);
enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);

enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err)
{
	struct altered_request altered;
	enum msiv2_rc rc;

	altered_request_copy(&altered, request);
	altered_request_replace_url(&altered, "cred-api-version=2.0",
	                            "cred-api-version=2.0&cred-api-version=2.0");
	rc = __real_http_send(pool, &altered.request, answer, err);
	altered_request_free(&altered);
	return rc;
}
