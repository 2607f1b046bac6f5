/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The certificates the world issued: GET /certificates, GET /certificates/{sha256} and its PEM at
 * GET /certificates/{sha256}.pem. */
#ifndef EMULATOR_ADMIN_ADMIN_CERTIFICATES_H
#define EMULATOR_ADMIN_ADMIN_CERTIFICATES_H

#include "admin_route.h"

extern const struct admin_routes admin_certificates_routes;

#endif
