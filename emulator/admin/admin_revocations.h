/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Revoking certificates. */
#ifndef EMULATOR_ADMIN_ADMIN_REVOCATIONS_H
#define EMULATOR_ADMIN_ADMIN_REVOCATIONS_H

#include "admin_route.h"

extern const struct admin_routes admin_revocations_routes;

#endif
