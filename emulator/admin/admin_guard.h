/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Who may enter the admin listener (SEC-02).
 *
 * A browser on the same machine reaches loopback, and so do the pages of any site that it shows.
 * Therefore a request is refused with 403 when its Host is a name that is not ours (DNS rebinding)
 * or when its Origin is not the one that Host makes (another site's page). Ours are localhost,
 * listen.public_host, the names of server.names, and every address in figures, which no name server
 * can turn into another. A request without Host comes from no browser.
 *
 * With a key, requests need `Authorization: Bearer KEY`; routes that are ADMIN_OPEN do not. Keys
 * are compared in constant time, and never shown. */
#ifndef EMULATOR_ADMIN_ADMIN_GUARD_H
#define EMULATOR_ADMIN_ADMIN_GUARD_H

#include <stdbool.h>

#include "common/err.h"
#include "common/own.h"
#include "emulator/config.h"
#include "emulator/http/exchange.h"

#define ADMIN_KEY_MIN 16 /* bytes of a key */
#define ADMIN_KEY_MAX 512

struct admin_guard;

/* Reads the key file, if there is one: one line of ADMIN_KEY_MIN to ADMIN_KEY_MAX visible ASCII
 * characters in a regular file that others may neither read nor write. The configuration is
 * borrowed until free. MSIV2_CONFIG naming the file. */
MSIV2_MUST_USE enum msiv2_rc admin_guard_new(const struct config *config, struct admin_guard **out,
                                             struct msiv2_error *err);
/* Frees; NULL is allowed. */
void admin_guard_free(struct admin_guard *guard);
DEFINE_OWNED_STRUCT(admin_guard, admin_guard_free)
/* The request may enter; otherwise it is answered with a problem, 403 or 401. Thread-safe. */
bool admin_guard_passes(const struct admin_guard *guard, const struct http_request *request,
                        struct http_response *response);

#endif
