/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The place of the one binding a client holds. Asking for a binding when there is no good one mints
 * one, once for all who ask at the same time (LIFE-04). One that is due for renewal is good, but
 * the one who asks tries to renew it first; the others go on with it meanwhile (LIFE-02).
 * Thread-safe. */
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
/* Forgets `binding` if it is still the one held. When it was refused, the next one is minted past
 * IMDS's cache (STS-05, ISSUE-06). */
void binding_slot_drop(struct binding_slot *slot, const struct binding *binding, bool refused);

/* What a mint is to bring. */
struct mint_order {
	bool bypass_cache; /* ISSUE-06 */
	/* The certificate that does not do: one from the store must be another and no older. NULL =
	 * any will do, but with bypass_cache only a new one. */
	const struct msiv2_certificate *newer_than;
	bool renewal;    /* newer_than is still good: what ends no later is no gain */
	bool past_store; /* the store is not looked at */
};

/* What a caller needs, and how one is made. */
struct binding_want {
	const struct binding *other_than; /* not this one; NULL = any */
	bool fresh;                       /* only one minted with bypass_cache=true */
	bool past_store;                  /* the store has had its chance */
	/* Mints a binding within the patience of the errand; ctx is the want's. Runs without locks
	 * held. */
	enum msiv2_rc (*mint)(void *ctx, const struct mint_order *order,
	                      const struct errand *errand, struct binding **out,
	                      struct msiv2_error *err);
	void *ctx;
};

/* The binding held if it will do, or a new one, or its renewal: a try at one takes no longer than
 * renewal_budget_us(), failing is logged, and pauses follow (renewal.h). One that is born stale is
 * handed out to those who waited for it and not kept (ISSUE-07). Errors of mint(); MSIV2_TIMEOUT
 * when waiting for another caller's mint takes longer than this one has. The caller owns a
 * reference. */
MSIV2_MUST_USE enum msiv2_rc binding_slot_get(struct binding_slot *slot,
                                              const struct binding_want *want,
                                              const struct errand *errand, struct binding **out,
                                              struct msiv2_error *err);

#endif
