/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The hosts of the world and their identities, while it runs. */
#ifndef EMULATOR_ADMIN_ADMIN_HOSTS_H
#define EMULATOR_ADMIN_ADMIN_HOSTS_H

#include "admin_route.h"

extern const struct admin_routes admin_hosts_routes;

#endif
