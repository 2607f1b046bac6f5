/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* From a caller's request to an acquisition: checks first, then deadline and correlation id. */
#ifndef REF_CLIENT_REQUEST_H
#define REF_CLIENT_REQUEST_H

#include "acquisition.h"
#include "token.h"

/* Checks what acquiring a token needs: resource, token type, claims, timeout, and that the client
 * belongs to this process. MSIV2_CONFIG naming the member. Allocates nothing unless there are
 * claims. */
MSIV2_MUST_USE enum msiv2_rc client_request_check(const struct msiv2_client *client,
                                                  const struct msiv2_request *request,
                                                  struct msiv2_error *err);
/* The same for calls that need no token: request may be NULL, and only its timeout is looked at. */
MSIV2_MUST_USE enum msiv2_rc client_request_check_plain(const struct msiv2_client *client,
                                                        const struct msiv2_request *request,
                                                        struct msiv2_error *err);
/* Fills in an acquisition whose deadline starts now. `request` is borrowed and may be NULL. */
MSIV2_MUST_USE enum msiv2_rc client_request_begin(struct msiv2_client *client,
                                                  const struct msiv2_request *request,
                                                  struct acquisition *out, struct msiv2_error *err);

#endif
