/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The description of the admin interface, openapi.json: OpenAPI 3.1, every route of the table. */
#ifndef EMULATOR_ADMIN_ADMIN_OPENAPI_H
#define EMULATOR_ADMIN_ADMIN_OPENAPI_H

#include "admin_route.h"

extern const struct admin_routes admin_openapi_routes;

#endif
