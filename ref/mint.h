/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A certificate for a client that holds none that will do: from the store if one there is good,
 * else from IMDS, once for all processes that share store and key (STORE-01..03, LIFE-04). */
#ifndef REF_MINT_H
#define REF_MINT_H

#include "acquisition.h"
#include "binding_slot.h"

/* Gets what is ordered. Nothing is kept of a failure, and the store is as it was (ISSUE-05). */
MSIV2_MUST_USE enum msiv2_rc mint(struct acquisition *a, const struct mint_order *order,
                                  struct binding **out, struct msiv2_error *err);

#endif
