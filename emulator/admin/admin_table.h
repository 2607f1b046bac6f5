/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Every route of the admin interface: the rows of all nouns. */
#ifndef EMULATOR_ADMIN_ADMIN_TABLE_H
#define EMULATOR_ADMIN_ADMIN_TABLE_H

#include "admin_route.h"

/* The nouns' tables; *count is how many. */
const struct admin_routes *const *admin_table(size_t *count);
/* The route of a method and a path, with its parameters filled in. Otherwise NULL: *status is 404,
 * or 405 and `allow` lists the methods there are. A path without parameters goes before one with.
 */
const struct admin_route *admin_table_find(const char *method, const char *path,
                                           struct admin_path_params *params, int *status,
                                           struct bytes *allow);

#endif
