/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "binding_slot.h"

#include <pthread.h>

#include "common/clock.h"
#include "common/mem.h"

#define BINDING_WHERE "certificate"

struct binding_slot {
	pthread_mutex_t lock;
	struct flight_board board;
	struct binding *held; /* owned; NULL = none */
	bool refused;         /* the last one was refused: the next must be fresh */
};

struct binding_slot *binding_slot_new(void)
{
	struct binding_slot *slot = mem_alloc(sizeof(*slot));

	if (slot == NULL)
		return NULL;
	(void)pthread_mutex_init(&slot->lock, NULL);
	flight_board_init(&slot->board);
	return slot;
}

void binding_slot_free(struct binding_slot *slot)
{
	if (slot == NULL)
		return;
	binding_free(slot->held);
	flight_board_destroy(&slot->board);
	(void)pthread_mutex_destroy(&slot->lock);
	mem_free(slot);
}

struct binding *binding_slot_current(struct binding_slot *slot, int64_t now_s)
{
	struct binding *binding = NULL;

	(void)pthread_mutex_lock(&slot->lock);
	if (slot->held != NULL && !binding_is_stale(slot->held, now_s))
		binding = binding_ref(slot->held);
	(void)pthread_mutex_unlock(&slot->lock);
	return binding;
}

/* Puts `next` (NULL: nothing) in place of what is held. */
static void replace(struct binding_slot *slot, struct binding *next, bool refused)
{
	struct binding *old;

	(void)pthread_mutex_lock(&slot->lock);
	old = slot->held;
	slot->held = next != NULL ? binding_ref(next) : NULL;
	slot->refused = refused;
	(void)pthread_mutex_unlock(&slot->lock);
	binding_free(old);
}

void binding_slot_drop(struct binding_slot *slot, const struct binding *refused)
{
	struct binding *old = NULL;

	(void)pthread_mutex_lock(&slot->lock);
	if (slot->held == refused) {
		old = slot->held;
		slot->held = NULL;
	}
	/* A refused one that was never kept taints the next mint as well. */
	slot->refused = slot->refused || slot->held == NULL;
	(void)pthread_mutex_unlock(&slot->lock);
	binding_free(old);
}

static bool was_refused(struct binding_slot *slot)
{
	bool refused;

	(void)pthread_mutex_lock(&slot->lock);
	refused = slot->refused;
	(void)pthread_mutex_unlock(&slot->lock);
	return refused;
}

static bool will_do(const struct binding *binding, const struct binding_want *want)
{
	return binding != NULL && binding != want->other_than &&
	       (!want->fresh || binding_is_fresh(binding));
}

/* One caller's turn to get a binding for all. */
struct turn {
	struct binding_slot *slot;
	const struct binding_want *want;
	const struct errand *errand;
};

static int64_t turn_now_s(const struct turn *turn)
{
	return clock_now_s(turn->errand->patience.clock);
}

static enum msiv2_rc fly(void *ctx, void **cargo, struct msiv2_error *err)
{
	const struct turn *turn = ctx;
	OWNED_STRUCT(binding) *binding = binding_slot_current(turn->slot, turn_now_s(turn));

	if (will_do(binding, turn->want)) {
		*cargo = steal(&binding);
		return MSIV2_OK;
	}
	binding_free(steal(&binding));
	TRY(turn->want->mint(turn->want->ctx, turn->want->fresh || was_refused(turn->slot),
	                     &binding, err));
	if (binding_is_stale(binding, turn_now_s(turn))) {
		log_line(&turn->errand->log, MSIV2_LOG_WARN,
		         "certificate: born with 24 hours or less left: used, not kept");
		replace(turn->slot, NULL, false);
	} else {
		replace(turn->slot, binding, false);
	}
	*cargo = steal(&binding);
	return MSIV2_OK;
}

static void *cargo_ref(void *cargo)
{
	return binding_ref(cargo);
}

static void cargo_free(void *cargo)
{
	binding_free(cargo);
}

enum msiv2_rc binding_slot_get(struct binding_slot *slot, const struct binding_want *want,
                               const struct errand *errand, struct binding **out,
                               struct msiv2_error *err)
{
	struct turn turn = {.slot = slot, .want = want, .errand = errand};
	const struct flight_plan plan = {
	        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free, .ctx = &turn};

	for (;;) {
		OWNED_STRUCT(binding) *binding = binding_slot_current(slot, turn_now_s(&turn));
		void *cargo = NULL;

		if (will_do(binding, want)) {
			*out = steal(&binding);
			return MSIV2_OK;
		}
		TRY(flight_share(&slot->board, BINDING_WHERE, &plan, &errand->patience,
		                 BINDING_WHERE, &cargo, err));
		binding_free(steal(&binding));
		binding = cargo;
		/* Somebody else's mint may be what this caller must not have. */
		if (will_do(binding, want)) {
			*out = steal(&binding);
			return MSIV2_OK;
		}
	}
}
