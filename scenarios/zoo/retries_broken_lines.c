/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks again when the connection broke (NET-03). */

#include "ref/net/http.h"

enum msiv2_rc __real_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);
enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);

enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_TRANSPORT;

	for (int tries = 0; tries < 3 && rc == MSIV2_TRANSPORT; tries++)
		rc = __real_http_send(pool, request, answer, err);
	return rc;
}
