/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "exchange.h"

#include <string.h>

#include "common/text.h"

const char *http_header(const struct http_request *request, const char *name, size_t *count)
{
	const char *found = NULL;
	size_t seen = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		if (!text_equal_nocase(request->headers[i].name, name))
			continue;
		if (seen++ == 0)
			found = request->headers[i].value;
	}
	if (count)
		*count = seen;
	return found;
}

void http_add_header(struct http_response *response, const char *name, const char *value)
{
	struct http_response_header *header;

	if (response->header_count == HTTP_RESPONSE_HEADERS)
		return;
	header = &response->headers[response->header_count];
	if (!text_copy(header->value, sizeof(header->value), value))
		return;
	header->name = name;
	response->header_count++;
}

void http_response_free(struct http_response *response)
{
	bytes_free(&response->body);
	bytes_free(&response->head);
	bytes_free(&response->wire.garbage);
	memset(response, 0, sizeof(*response));
}
