/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One route of the admin interface, and what its handler gets and uses.
 *
 * Each noun has a file with its handlers and its rows (`const struct admin_routes admin_x_routes`),
 * listed in admin_table.c and described in openapi.json. A handler that fails leaves err, and the
 * router answers a problem: 400 for MSIV2_CONFIG, 500 for anything else. */
#ifndef EMULATOR_ADMIN_ADMIN_ROUTE_H
#define EMULATOR_ADMIN_ADMIN_ROUTE_H

#include <stddef.h>

#include "common/err.h"
#include "common/json.h"
#include "emulator/admin/admin_path.h"
#include "emulator/http/exchange.h"
#include "emulator/query.h"
#include "emulator/world.h"

/* One admin request on its way. */
struct admin_call {
	struct world *world;
	const struct http_request *request;
	struct http_response *response; /* status 200 until the handler says otherwise */
	const struct query *query;      /* empty where the route takes none */
	const cJSON *body;              /* an object; NULL where the route takes none */
	struct admin_path_params params;
};

/* What a route takes. */
enum {
	ADMIN_BODY = 1,  /* a body, which is one JSON object */
	ADMIN_QUERY = 2, /* a query; the handler refuses what it does not know */
	ADMIN_OPEN = 4,  /* no key, when the listener asks for one */
};

struct admin_route {
	const char *method;
	const char *path;     /* "/faults/{id}"; see admin_path.h */
	unsigned takes;       /* ADMIN_BODY | ADMIN_QUERY | ADMIN_OPEN */
	enum endpoint change; /* the event that it is; ENDPOINT_UNKNOWN = it changes nothing */
	enum msiv2_rc (*answer)(struct admin_call *call, struct msiv2_error *err);
};

/* The rows of one noun. */
struct admin_routes {
	const struct admin_route *rows;
	size_t count;
};

/* The blame for whatever is wrong with a request's body. */
extern const struct blame admin_body_blame;

/* Answers a JSON value. */
MSIV2_MUST_USE enum msiv2_rc admin_send(struct admin_call *call, const cJSON *json,
                                        struct msiv2_error *err);
/* Answers {"status":"ok"}. */
MSIV2_MUST_USE enum msiv2_rc admin_send_ok(struct admin_call *call, struct msiv2_error *err);
/* Answers a problem and is done: for what neither MSIV2_CONFIG nor a defect says, such as 404 for
 * an id that nothing has. Returns MSIV2_OK. Such an answer is never an event. */
MSIV2_MUST_USE enum msiv2_rc admin_send_problem(struct admin_call *call, int status,
                                                const char *detail);

#endif
