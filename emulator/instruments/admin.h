/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The admin interface, on a listener of its own (SEC-02): health, version, reset, CA, journal,
 * clock, revocation, attestation, rules. Answers are JSON; errors are application/problem+json (RFC
 * 9457). Its requests enter the journal only when they changed the world. docs/emulator.md lists
 * the routes. */
#ifndef EMULATOR_INSTRUMENTS_ADMIN_H
#define EMULATOR_INSTRUMENTS_ADMIN_H

#include "emulator/http/exchange.h"
#include "emulator/world.h"

/* Answers one request of the admin listener. *response starts zeroed. Thread-safe. */
void admin_answer(struct world *world, const struct http_request *request,
                  struct http_response *response);
/* Answers a problem with that status and detail. */
void admin_problem(struct http_response *response, int status, const char *detail);
/* Revokes one certificate by the hex of its SHA-256; MSIV2_CONFIG when it is not 64 hex digits. */
MSIV2_MUST_USE enum msiv2_rc admin_revoke(struct world *world, const char *sha256,
                                          struct msiv2_error *err);

#endif
