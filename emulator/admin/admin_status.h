/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Health, version, reset and the CA certificates. */
#ifndef EMULATOR_ADMIN_ADMIN_STATUS_H
#define EMULATOR_ADMIN_ADMIN_STATUS_H

#include "admin_route.h"

extern const struct admin_routes admin_status_routes;

#endif
