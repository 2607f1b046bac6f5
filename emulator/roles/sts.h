/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The token endpoint: POST /{tenant}/oauth2/v2.0/token over mutual TLS (STS-01..04, STS-08,
 * TOK-01). */
#ifndef EMULATOR_ROLES_STS_H
#define EMULATOR_ROLES_STS_H

#include "role.h"

/* Answers a token request addressed to that tenant. */
void sts_answer(struct role_call *call, const char *tenant);

#endif
