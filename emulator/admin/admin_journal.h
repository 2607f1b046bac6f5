/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The journal through its filters, and the counts. */
#ifndef EMULATOR_ADMIN_ADMIN_JOURNAL_H
#define EMULATOR_ADMIN_ADMIN_JOURNAL_H

#include "admin_route.h"

extern const struct admin_routes admin_journal_routes;

#endif
