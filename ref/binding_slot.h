/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The place of the one binding a client holds. Asking for a binding when there is no good one mints
 * one, once for all who ask at the same time (LIFE-04). Thread-safe. */
#ifndef REF_BINDING_SLOT_H
#define REF_BINDING_SLOT_H

#include "binding.h"
#include "common/own.h"
#include "errand.h"
#include "flight.h"

struct binding_slot;

/* Makes an empty slot; NULL when memory is out. */
struct binding_slot *binding_slot_new(void);
/* Frees it; NULL is allowed. */
void binding_slot_free(struct binding_slot *slot);
DEFINE_OWNED_STRUCT(binding_slot, binding_slot_free)

/* The binding held, or NULL when there is none or it is stale at now_s (STORE-05, LIFE-01). The
 * caller owns a reference. */
struct binding *binding_slot_current(struct binding_slot *slot, int64_t now_s);
/* Forgets `refused` if it is still the one held; the next one is minted past IMDS's cache (STS-05,
 * ISSUE-06). */
void binding_slot_drop(struct binding_slot *slot, const struct binding *refused);

/* What a caller needs, and how one is made. */
struct binding_want {
	const struct binding *other_than; /* not this one; NULL = any */
	bool fresh;                       /* only one minted with bypass_cache=true */
	/* Mints a binding; ctx is the want's. Runs without locks held. */
	enum msiv2_rc (*mint)(void *ctx, bool bypass_cache, struct binding **out,
	                      struct msiv2_error *err);
	void *ctx;
};

/* The binding held if it will do, or a new one. One that is born stale is handed out to those who
 * waited for it and not kept (ISSUE-07). Errors of mint(); MSIV2_TIMEOUT when waiting for another
 * caller's mint takes longer than this one has. The caller owns a reference. */
MSIV2_MUST_USE enum msiv2_rc binding_slot_get(struct binding_slot *slot,
                                              const struct binding_want *want,
                                              const struct errand *errand, struct binding **out,
                                              struct msiv2_error *err);

#endif
