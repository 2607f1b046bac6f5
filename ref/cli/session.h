/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client made from command-line arguments, with its log on stderr and its clock moved as asked.
 */
#ifndef REF_CLI_SESSION_H
#define REF_CLI_SESSION_H

#include "arguments.h"
#include "common/own.h"
#include "ref/include/msiv2.h"

struct session {
	struct msiv2_client *client;
	struct msiv2_clock clock;
	int64_t clock_offset_s;
};

/* Opens in place: the clock points into the session, which must not move. Errors name the option.
 */
MSIV2_MUST_USE enum msiv2_rc session_open(struct session *session, const struct arguments *args,
                                          struct msiv2_error *err);
/* Frees the client. */
void session_close(struct session *session);
DEFINE_OWNED_VALUE(session, session_close)

/* The request these arguments describe. */
struct msiv2_request session_request(const struct arguments *args);

#endif
