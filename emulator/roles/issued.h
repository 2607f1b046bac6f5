/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Tells the world's registry what an exchange handed out, exactly as it went over the wire, and the
 * journal what a token was. Never fails an exchange. */
#ifndef EMULATOR_ROLES_ISSUED_H
#define EMULATOR_ROLES_ISSUED_H

#include "common/bytes.h"
#include "role.h"

/* A certificate's DER; `attested` when an attestation token was looked at. */
void issued_certificate(const struct role_call *call, const char *client_id,
                        const struct bytes *der, bool attested);
/* A token's compact JWT. The journal is told its type and its jti, never the token itself (SEC-01).
 */
void issued_token(const struct role_call *call, const char *client_id, const char *type,
                  const char *jti, const struct bytes *jwt);

#endif
