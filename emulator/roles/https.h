/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The HTTPS listener: which role a path belongs to. */
#ifndef EMULATOR_ROLES_HTTPS_H
#define EMULATOR_ROLES_HTTPS_H

#include "emulator/http/exchange.h"
#include "emulator/instruments/journal.h"
#include "emulator/world.h"

/* Answers one request of the HTTPS listener. *response and *notes start zeroed. Thread-safe. */
void https_answer(struct world *world, const struct http_request *request,
                  struct http_response *response, struct journal_notes *notes);

/* Which endpoint a request is for, before anything is done about it. */
enum endpoint https_endpoint(const struct http_request *request);

#endif
