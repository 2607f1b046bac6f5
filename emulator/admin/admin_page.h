/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The page: GET / and the files it consists of. They hold nothing of the world, which the page asks
 * for like any other client of the admin interface. */
#ifndef EMULATOR_ADMIN_ADMIN_PAGE_H
#define EMULATOR_ADMIN_ADMIN_PAGE_H

#include "admin_route.h"

extern const struct admin_routes admin_page_routes;

#endif
