/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: presents a bound token as a bearer one (TOK-03). */

#include <string.h>

#include "altered_request.h"
#include "common/text.h"

enum msiv2_rc __real_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);
enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);

enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err)
{
	struct altered_request altered;
	OWNED_STRUCT(bytes) value = {.secret = true};
	enum msiv2_rc rc;

	altered_request_copy(&altered, request);
	if (text_equal(request->where, "resource")) {
		bytes_addf(&value, "Bearer%s", strchr(request->headers[0].value, ' '));
		altered_request_set_header(&altered, "Authorization", bytes_text(&value));
	}
	rc = __real_http_send(pool, &altered.request, answer, err);
	altered_request_free(&altered);
	return rc;
}
