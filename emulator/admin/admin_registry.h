/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Lists of what the world issued, for the certificates' and the tokens' routes.
 *
 * Query: client_id, host (ignoring case); since (first sequence number wanted); newest (only so
 * many, and those the last ones; 0 = all). The answer is {NAME:[...],"dropped":n,"next":seq},
 * oldest first. */
#ifndef EMULATOR_ADMIN_ADMIN_REGISTRY_H
#define EMULATOR_ADMIN_ADMIN_REGISTRY_H

#include "admin_route.h"
#include "emulator/registry.h"

/* Adds the members of one item to its object, as it is at world time now_s. */
typedef void (*admin_registry_show)(struct world *world, const struct registry_item *item,
                                    int64_t now_s, cJSON *object);

/* Answers the list. MSIV2_CONFIG naming the parameter that is unknown, repeated or no number. */
MSIV2_MUST_USE enum msiv2_rc admin_registry_list(struct admin_call *call, enum registry_kind kind,
                                                 const char *name, admin_registry_show show,
                                                 struct msiv2_error *err);

/* Adds a time as `name` (seconds) and `name`_text (UTC). */
void admin_registry_time(cJSON *object, const char *name, int64_t time_s);

/* An object of what is known besides the item: seq, issued, issued_text, client_id, host,
 * correlation_id; then the item's own members. Owned by the caller. */
cJSON *admin_registry_object(struct world *world, const struct registry_item *item, int64_t now_s,
                             admin_registry_show show);

#endif
