/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The admin interface, on a listener of its own (SEC-02). Answers are JSON; errors are
 * application/problem+json (RFC 9457). Its requests enter the journal only when they changed the
 * world. The routes are in the tables of admin_table.h; docs/emulator.md is their manual. */
#ifndef EMULATOR_ADMIN_ADMIN_H
#define EMULATOR_ADMIN_ADMIN_H

#include "emulator/http/exchange.h"
#include "emulator/world.h"

/* Answers one request of the admin listener. *response starts zeroed. Thread-safe. */
void admin_answer(struct world *world, const struct http_request *request,
                  struct http_response *response);
/* Answers a problem with that status and detail. */
void admin_problem(struct http_response *response, int status, const char *detail);

#endif
