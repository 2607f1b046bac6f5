/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults: the catalogue, and those that are defined. */
#ifndef EMULATOR_ADMIN_ADMIN_FAULTS_H
#define EMULATOR_ADMIN_ADMIN_FAULTS_H

#include "admin_route.h"

extern const struct admin_routes admin_faults_routes;

#endif
