/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The protected resource: any method on /resource and below it (RES-01, RFC 8705 section 3). It
 * takes `mtls_pop` tokens with the certificate they are bound to, and `Bearer` tokens without a
 * cnf. */
#ifndef EMULATOR_ROLES_RESOURCE_H
#define EMULATOR_ROLES_RESOURCE_H

#include "role.h"

/* Answers a call of the resource: 200 saying what was accepted, or 401 invalid_token. */
void resource_answer(struct role_call *call);

#endif
