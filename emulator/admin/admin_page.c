/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_page.h"

#include <string.h>

#include "common/text.h"
#include "emulator/embedded.h"

#define WHERE "page"

/* Nothing but the page's own files, and no requests but to this listener. */
static const struct http_header safety[] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
         "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "no-cache"},
};

static const struct {
	const char *ending;
	const char *type;
} types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
};

static const char *type_of(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; i < TEXT_COUNT(types); i++)
		if (text_equal(ending, types[i].ending))
			return types[i].type;
	return "application/octet-stream";
}

static enum msiv2_rc send_file(struct admin_call *call, const char *name, struct msiv2_error *err)
{
	for (size_t i = 0; i < embedded_page_count; i++) {
		const struct embedded_file *file = &embedded_page[i];

		if (!text_equal(file->name, name))
			continue;
		for (size_t j = 0; j < TEXT_COUNT(safety); j++)
			http_add_header(call->response, safety[j].name, safety[j].value);
		call->response->content_type = type_of(name);
		bytes_add(&call->response->body, file->data, file->len);
		return bytes_done(&call->response->body, WHERE, err);
	}
	return admin_send_problem(call, 404, "the page has no such file");
}

static enum msiv2_rc get_index(struct admin_call *call, struct msiv2_error *err)
{
	return send_file(call, "index.html", err);
}

static enum msiv2_rc get_style(struct admin_call *call, struct msiv2_error *err)
{
	return send_file(call, "page.css", err);
}

static enum msiv2_rc get_script(struct admin_call *call, struct msiv2_error *err)
{
	return send_file(call, "page.js", err);
}

static enum msiv2_rc get_part(struct admin_call *call, struct msiv2_error *err)
{
	return send_file(call, admin_path_param(&call->params, "file"), err);
}

static const struct admin_route rows[] = {
        {"GET", "/", ADMIN_OPEN, ENDPOINT_UNKNOWN, get_index},
        {"GET", "/page.css", ADMIN_OPEN, ENDPOINT_UNKNOWN, get_style},
        {"GET", "/page.js", ADMIN_OPEN, ENDPOINT_UNKNOWN, get_script},
        {"GET", "/page/{file}", ADMIN_OPEN, ENDPOINT_UNKNOWN, get_part},
};

const struct admin_routes admin_page_routes = {rows, TEXT_COUNT(rows)};
