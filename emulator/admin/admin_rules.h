/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The rules and their modes. */
#ifndef EMULATOR_ADMIN_ADMIN_RULES_H
#define EMULATOR_ADMIN_ADMIN_RULES_H

#include "admin_route.h"

extern const struct admin_routes admin_rules_routes;

#endif
