/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Errors in the shape of Entra's token service (STS-04). */
#ifndef EMULATOR_ROLES_ENTRA_H
#define EMULATOR_ROLES_ENTRA_H

#include "role.h"

/* Answers {"error","error_description":"AADSTSn: words Trace ID: .. Correlation ID: .. Timestamp:
 * ..", "error_codes":[n],"timestamp","trace_id","correlation_id","error_uri"}. */
void entra_refuse(struct role_call *call, const struct role_answer *answer, const char *detail);
/* Adds client-request-id (the request's own, when it is a GUID) and x-ms-request-id. */
void entra_add_headers(struct role_call *call, const char *trace_id);

#endif
