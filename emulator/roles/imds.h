/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The instance metadata service, version 2: getplatformmetadata (META-01..09) and issuecredential
 * (ISSUE-01..03). The older token and the compute metadata are imds_v1.h and compute.h; every other
 * path is 404, as on a host without v2 (META-07). */
#ifndef EMULATOR_ROLES_IMDS_H
#define EMULATOR_ROLES_IMDS_H

#include "emulator/http/exchange.h"
#include "emulator/instruments/journal.h"
#include "emulator/world.h"
#include "role.h"

/* Answers one request of the IMDS listener. *response and *notes start zeroed. Thread-safe. */
void imds_answer(struct world *world, const struct http_request *request,
                 struct http_response *response, struct journal_notes *notes);

/* Refuses what is no request at all, as the host's personality wants it. */
void imds_refuse(struct role_call *call, const struct role_answer *answer);
/* Adds what every IMDS answer carries, also those made before a role was asked (META-06). */
void imds_add_headers(struct http_response *response);

/* Which endpoint a request is for, before anything is done about it. */
enum endpoint imds_endpoint(const struct http_request *request);

#endif
