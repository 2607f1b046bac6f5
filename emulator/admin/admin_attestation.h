/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The policy for attestation tokens, the device CA and enrolment. */
#ifndef EMULATOR_ADMIN_ADMIN_ATTESTATION_H
#define EMULATOR_ADMIN_ADMIN_ATTESTATION_H

#include "admin_route.h"

extern const struct admin_routes admin_attestation_routes;

#endif
