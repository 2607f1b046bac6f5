/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The attestation service, "MAA" (ATT-03, ATT-04): nonces, the check of evidence, tokens, and the
 * key they verify with. Formats are this project's own: docs/attestation.md. */
#ifndef EMULATOR_ROLES_MAA_H
#define EMULATOR_ROLES_MAA_H

#include <stdbool.h>

#include "role.h"

/* The path belongs to the attestation service. */
bool maa_has_path(const char *path);
/* Answers a request to such a path. */
void maa_answer(struct role_call *call);

/* The endpoint at a path. */
enum endpoint maa_endpoint(const char *path);

#endif
