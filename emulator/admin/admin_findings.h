/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the rules noted about each client. */
#ifndef EMULATOR_ADMIN_ADMIN_FINDINGS_H
#define EMULATOR_ADMIN_ADMIN_FINDINGS_H

#include "admin_route.h"

extern const struct admin_routes admin_findings_routes;

#endif
