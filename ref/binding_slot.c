/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "binding_slot.h"

#include <pthread.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/rng.h"
#include "renewal.h"

#define BINDING_WHERE "certificate"

struct binding_slot {
	pthread_mutex_t lock;
	struct flight_board board;
	struct binding *held; /* owned; NULL = none */
	struct msiv2_certificate
	        *refused;           /* the last one was: the next must be fresh; NULL = not */
	struct renewal_tries tries; /* to renew the one held */
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
	msiv2_certificate_free(slot->refused);
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

void binding_slot_drop(struct binding_slot *slot, const struct binding *binding, bool refused)
{
	struct msiv2_certificate *before = NULL;
	struct binding *old = NULL;

	(void)pthread_mutex_lock(&slot->lock);
	if (slot->held == binding) {
		old = slot->held;
		slot->held = NULL;
	}
	/* A refused one that was never kept taints the next mint as well. */
	if (refused && slot->held == NULL) {
		before = slot->refused;
		slot->refused = certificate_ref(binding_certificate(binding));
	}
	(void)pthread_mutex_unlock(&slot->lock);
	msiv2_certificate_free(before);
	binding_free(old);
}

/* The certificate that was refused last, when nothing has taken its place yet; else NULL. */
static struct msiv2_certificate *last_refused(struct binding_slot *slot)
{
	struct msiv2_certificate *refused;

	(void)pthread_mutex_lock(&slot->lock);
	refused = slot->refused != NULL ? certificate_ref(slot->refused) : NULL;
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

/* Tries that a new holder of the place starts with. One that is due although it was issued just now
 * (a clock that is ahead) is not renewed on the spot; one of the store may be. */
static struct renewal_tries first_tries(const struct turn *turn, const struct binding *binding)
{
	const struct msiv2_clock *clock = turn->errand->patience.clock;
	struct renewal_tries tries = {0};
	int64_t now_s = turn_now_s(turn);

	if (binding_age(binding, now_s) == RENEWAL_DUE && !binding_is_stored(binding))
		renewal_tried(&tries, now_s, clock_mono_us(clock), 0);
	return tries;
}

/* Puts `next` (NULL: nothing) in place of what is held, if that is `old` or `old` is NULL. */
static void replace(const struct turn *turn, const struct binding *old, struct binding *next)
{
	struct binding_slot *slot = turn->slot;
	const struct renewal_tries tries =
	        next != NULL ? first_tries(turn, next) : (struct renewal_tries){0};
	struct msiv2_certificate *refused = NULL;
	struct binding *dropped = NULL;

	(void)pthread_mutex_lock(&slot->lock);
	if (old == NULL || slot->held == old) {
		dropped = slot->held;
		refused = slot->refused;
		slot->held = next != NULL ? binding_ref(next) : NULL;
		slot->refused = NULL;
		slot->tries = tries;
	}
	(void)pthread_mutex_unlock(&slot->lock);
	msiv2_certificate_free(refused);
	binding_free(dropped);
}

/* ---- minting ---- */

static enum msiv2_rc fly(void *ctx, void **cargo, struct msiv2_error *err)
{
	const struct turn *turn = ctx;
	const struct binding_want *want = turn->want;
	OWNED_STRUCT(binding) *binding = binding_slot_current(turn->slot, turn_now_s(turn));
	OWNED_STRUCT(msiv2_certificate) *refused = NULL;
	struct mint_order order = {0};

	if (will_do(binding, want)) {
		*cargo = steal(&binding);
		return MSIV2_OK;
	}
	binding_free(steal(&binding));
	refused = last_refused(turn->slot);
	order.bypass_cache = want->fresh || refused != NULL;
	order.past_store = want->past_store;
	order.newer_than =
	        want->other_than != NULL ? binding_certificate(want->other_than) : refused;
	TRY(want->mint(want->ctx, &order, turn->errand, &binding, err));
	if (binding_is_stale(binding, turn_now_s(turn))) {
		log_line(&turn->errand->log, MSIV2_LOG_WARN,
		         "certificate: born with 24 hours or less left: used, not kept");
		replace(turn, NULL, NULL);
	} else {
		replace(turn, NULL, binding);
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

/* ---- renewing ---- */

/* LIFE-02: the one who notes the try is the one who makes it. */
static bool claim_renewal(const struct turn *turn, const struct binding *binding)
{
	struct binding_slot *slot = turn->slot;
	int64_t now_s = turn_now_s(turn);
	int64_t mono_us = clock_mono_us(turn->errand->patience.clock);
	uint64_t jitter;
	bool claimed;

	if (binding_age(binding, now_s) != RENEWAL_DUE)
		return false;
	jitter = errand_jitter(turn->errand, RENEWAL_PAUSE_LONGEST);
	(void)pthread_mutex_lock(&slot->lock);
	claimed = slot->held == binding && renewal_may_try(&slot->tries, now_s, mono_us);
	if (claimed)
		renewal_tried(&slot->tries, now_s, mono_us, jitter);
	(void)pthread_mutex_unlock(&slot->lock);
	return claimed;
}

static void report_failure(const struct turn *turn, const struct binding *binding,
                           const struct msiv2_error *why)
{
	char until[CLOCK_TEXT_SIZE];

	clock_format_utc(msiv2_certificate_not_after(binding_certificate(binding)) -
	                         RENEWAL_STALE_LEFT_S,
	                 until);
	log_line(&turn->errand->log, MSIV2_LOG_WARN,
	         "certificate: not renewed, used until %s: %s at %s: %s", until,
	         msiv2_rc_name(why->rc), why->where, why->message);
}

/* In a part of the caller's time; *binding stays as it is when it fails. */
static void renew(const struct turn *turn, struct binding **binding)
{
	const struct mint_order order = {.newer_than = binding_certificate(*binding),
	                                 .renewal = true};
	OWNED_STRUCT(binding) *next = NULL;
	struct errand errand = *turn->errand;
	struct patience *patience = &errand.patience;
	struct msiv2_error why = {0};
	bool cut_short = false; /* the try, not the caller's call */

	patience->cut_short = &cut_short;
	patience->deadline_us =
	        clock_mono_us(patience->clock) + renewal_budget_us(patience_left_us(patience));
	if (turn->want->mint(turn->want->ctx, &order, &errand, &next, &why) != MSIV2_OK) {
		report_failure(turn, *binding, &why);
		return;
	}
	replace(turn, *binding, next);
	binding_free(*binding);
	*binding = steal(&next);
}

enum msiv2_rc binding_slot_get(struct binding_slot *slot, const struct binding_want *want,
                               const struct errand *errand, struct binding **out,
                               struct msiv2_error *err)
{
	struct turn turn = {.slot = slot, .want = want, .errand = errand};
	const struct flight_plan plan = {
	        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free, .ctx = &turn};
	OWNED_STRUCT(binding) *binding = binding_slot_current(slot, turn_now_s(&turn));

	/* Somebody else's mint may be what this caller must not have. */
	while (!will_do(binding, want)) {
		void *cargo = NULL;

		TRY(flight_share(&slot->board, BINDING_WHERE, &plan, &errand->patience,
		                 BINDING_WHERE, &cargo, err));
		binding_free(binding);
		binding = cargo;
	}
	if (claim_renewal(&turn, binding))
		renew(&turn, &binding);
	*out = steal(&binding);
	return MSIV2_OK;
}
