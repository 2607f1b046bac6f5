/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The tokens the world handed out, decoded and judged, never themselves (SEC-01): GET /tokens. */
#ifndef EMULATOR_ADMIN_ADMIN_TOKENS_H
#define EMULATOR_ADMIN_ADMIN_TOKENS_H

#include "admin_route.h"

extern const struct admin_routes admin_tokens_routes;

#endif
