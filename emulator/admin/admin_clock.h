/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The world's clock. */
#ifndef EMULATOR_ADMIN_ADMIN_CLOCK_H
#define EMULATOR_ADMIN_ADMIN_CLOCK_H

#include "admin_route.h"

extern const struct admin_routes admin_clock_routes;

#endif
