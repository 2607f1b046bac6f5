/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_openapi.h"

#include "common/text.h"
#include "emulator/embedded.h"

static enum msiv2_rc get_openapi(struct admin_call *call, struct msiv2_error *err)
{
	bytes_add(&call->response->body, embedded_openapi[0].data, embedded_openapi[0].len);
	return bytes_done(&call->response->body, "admin", err);
}

static const struct admin_route rows[] = {
        {"GET", "/openapi.json", 0, ENDPOINT_UNKNOWN, get_openapi},
};

const struct admin_routes admin_openapi_routes = {rows, TEXT_COUNT(rows)};
