/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a token's verifier reads: the discovery document and the signing keys (TOK-01). */
#ifndef EMULATOR_ROLES_OIDC_H
#define EMULATOR_ROLES_OIDC_H

#include "role.h"

/* Answers GET /{tenant}/v2.0/.well-known/openid-configuration. */
void oidc_answer_discovery(struct role_call *call, const char *tenant);
/* Answers GET /{tenant}/discovery/v2.0/keys. */
void oidc_answer_keys(struct role_call *call, const char *tenant);

#endif
