/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What stands between a request and the IMDS of its host: the host's personality and its rate
 * limits (NET-05). */
#ifndef EMULATOR_ROLES_IMDS_ENTRY_H
#define EMULATOR_ROLES_IMDS_ENTRY_H

#include <stdbool.h>

#include "role.h"

/* How long a wait goes on before somebody looks whether it still makes sense. */
#define IMDS_SLICE_MS 20

/* Lets the request through, at once or after the wait of a slow host; what it takes is given back
 * with imds_entry_leave(). False when the request ends here: it is answered, or its connection is
 * to be closed without an answer (a black hole, after its wait; a host that is gone). The endpoint
 * is noted before. */
bool imds_entry_pass(struct role_call *call, bool *counted);
/* The host answers at all, be it that a request is none; otherwise as imds_entry_pass(). */
bool imds_entry_answers(struct role_call *call);
/* The request that was let through has its answer. */
void imds_entry_leave(const struct role_call *call, bool counted);

#endif
