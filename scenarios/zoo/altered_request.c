/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "altered_request.h"

#include <string.h>

#include "common/text.h"

void altered_request_copy(struct altered_request *altered, const struct http_request *from)
{
	*altered = (struct altered_request){.request = *from, .body = {.secret = true}};
	altered->request.header_count = 0;
	altered->request.headers = altered->headers;
	for (size_t i = 0; i < from->header_count; i++)
		altered_request_add_header(altered, from->headers[i].name, from->headers[i].value);
}

void altered_request_free(struct altered_request *altered)
{
	bytes_free(&altered->body);
}

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

void altered_request_replace_body(struct altered_request *altered, const char *what,
                                  const char *with)
{
	const uint8_t *body = altered->request.body;
	size_t len = altered->request.body_len;
	const uint8_t *at = body != NULL ? memmem(body, len, what, strlen(what)) : NULL;
	size_t before = at != NULL ? (size_t)(at - body) : 0;

	if (at == NULL)
		return;
	bytes_add(&altered->body, body, before);
	bytes_add_text(&altered->body, with);
	bytes_add(&altered->body, at + strlen(what), len - before - strlen(what));
	altered->request.body = altered->body.data;
	altered->request.body_len = altered->body.len;
}
