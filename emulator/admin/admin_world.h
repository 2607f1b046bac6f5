/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The configuration as it is now, and changes of it. */
#ifndef EMULATOR_ADMIN_ADMIN_WORLD_H
#define EMULATOR_ADMIN_ADMIN_WORLD_H

#include "admin_route.h"

extern const struct admin_routes admin_world_routes;

#endif
