/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What `start` told the shim, and the clients made of it: one per identity, each when it is first
 * asked for. Used by the main thread; the clients themselves serve many. */
#ifndef SCENARIOS_SHIMS_SHIM_SESSION_H
#define SCENARIOS_SHIMS_SHIM_SESSION_H

#include <stdbool.h>

#include "common/json.h"
#include "ref/include/msiv2.h"
#include "shim_clock.h"

struct shim_client;

struct shim_session {
	struct shim_clock *clock;    /* borrowed */
	cJSON *settings;             /* the start command; NULL before it */
	struct shim_client *clients; /* owned */
};

/* Keeps the settings, checked as far as they can be without a client. MSIV2_CONFIG for wrong ones,
 * and when it was started before. */
MSIV2_MUST_USE enum msiv2_rc shim_session_start(struct shim_session *session, const cJSON *settings,
                                                struct msiv2_error *err);
/* The client of an identity ({"kind","id"}; NULL = system-assigned); borrowed. Errors of
 * msiv2_client_new() and its options. */
MSIV2_MUST_USE enum msiv2_rc shim_session_client(struct shim_session *session,
                                                 const cJSON *identity, struct msiv2_client **out,
                                                 struct msiv2_error *err);
/* Ends the clients: what they held in memory is gone, what they stored is not. */
void shim_session_forget(struct shim_session *session);
/* Ends the clients and forgets the settings. */
void shim_session_free(struct shim_session *session);

#endif
