/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The IMDS listeners of further hosts: one each, made and stopped while others answer. Thread-safe
 * except new and free; starting and stopping is for one thread at a time, as world_edit() does it.
 */
#ifndef EMULATOR_HOST_LISTENERS_H
#define EMULATOR_HOST_LISTENERS_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "common/err.h"
#include "common/own.h"
#include "emulator/config.h"
#include "emulator/http/server.h"

struct host_listeners;

/* Makes an empty set. `like` has everything but host, port and port_key, and is copied; what it
 * points to is borrowed. */
MSIV2_MUST_USE enum msiv2_rc host_listeners_new(const struct server_options *like,
                                                struct host_listeners **out,
                                                struct msiv2_error *err);
/* Stops what still runs and frees; NULL is allowed. */
void host_listeners_free(struct host_listeners *listeners);
DEFINE_OWNED_STRUCT(host_listeners, host_listeners_free)

/* Starts the listener of a host; its address is `public_host`, or the one that is bound, with the
 * port. MSIV2_CONFIG at "hosts.NAME.imds_port" when it cannot be bound. */
MSIV2_MUST_USE enum msiv2_rc host_listeners_start(struct host_listeners *listeners,
                                                  const struct config_host *host,
                                                  const char *public_host, struct msiv2_error *err);
/* Stops the listener of that name and ends its connections; takes less than a second. */
void host_listeners_stop(struct host_listeners *listeners, const char *name);
/* Takes all servers out, for who stops them together with others: at most CONFIG_ITEMS_MAX of them
 * into `out`; how many. The addresses stay until the set is freed. */
size_t host_listeners_take(struct host_listeners *listeners, struct server **out);
/* {"NAME":"http://...",...}, owned by the caller; NULL when memory is out. */
cJSON *host_listeners_json(struct host_listeners *listeners);

#endif
