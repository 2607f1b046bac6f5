/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "altered_request.h"

#include <string.h>

#include "common/text.h"

void altered_request_drop_header(struct altered_request *altered, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < altered->request.header_count; i++) {
		if (!text_equal_nocase(altered->headers[i].name, name))
			altered->headers[kept++] = altered->headers[i];
	}
	altered->request.header_count = kept;
}

void altered_request_set_header(struct altered_request *altered, const char *name,
                                const char *value)
{
	for (size_t i = 0; i < altered->request.header_count; i++) {
		if (text_equal_nocase(altered->headers[i].name, name))
			altered->headers[i].value = value;
	}
}

void altered_request_add_header(struct altered_request *altered, const char *name,
                                const char *value)
{
	if (altered->request.header_count < ALTERED_HEADERS_MAX)
		altered->headers[altered->request.header_count++] =
		        (struct http_header){.name = name, .value = value};
}

/* Appends the text with the first `what` in it replaced; false when there is none. */
static bool replace(const void *text, size_t len, const char *what, const char *with,
                    struct bytes *out)
{
	const uint8_t *from = text;
	const uint8_t *at = from != NULL ? memmem(from, len, what, strlen(what)) : NULL;
	size_t before = at != NULL ? (size_t)(at - from) : 0;

	if (at == NULL)
		return false;
	bytes_add(out, from, before);
	bytes_add_text(out, with);
	bytes_add(out, at + strlen(what), len - before - strlen(what));
	return !out->failed;
}

void altered_request_replace_url(struct altered_request *altered, const char *what,
                                 const char *with)
{
	const char *url = altered->request.url;

	if (replace(url, strlen(url), what, with, &altered->url))
		altered->request.url = bytes_text(&altered->url);
}

void altered_request_replace_body(struct altered_request *altered, const char *what,
                                  const char *with)
{
	if (!replace(altered->request.body, altered->request.body_len, what, with, &altered->body))
		return;
	altered->request.body = altered->body.data;
	altered->request.body_len = altered->body.len;
}

/* ---- in the place of http_send() ---- */

enum msiv2_rc __real_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);
enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err);

enum msiv2_rc __wrap_http_send(struct http_pool *pool, const struct http_request *request,
                               struct http_answer *answer, struct msiv2_error *err)
{
	struct altered_request altered = {
	        .request = *request, .value = {.secret = true}, .body = {.secret = true}};
	enum msiv2_rc rc;

	altered.request.header_count = 0;
	altered.request.headers = altered.headers;
	for (size_t i = 0; i < request->header_count; i++)
		altered_request_add_header(&altered, request->headers[i].name,
		                           request->headers[i].value);
	alter_request(&altered);
	rc = __real_http_send(pool, &altered.request, answer, err);
	bytes_free(&altered.value);
	bytes_free(&altered.url);
	bytes_free(&altered.body);
	return rc;
}
