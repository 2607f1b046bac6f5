/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "crowd.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#define WHERE   "crowd"
#define QUIT_MS 5000
#define SEEDS   (UINT64_C(1) << 53)

/* World time moves for one at a time. */
struct turns {
	pthread_mutex_t lock;
	struct shim_time time;
};

/* One process, and what it is asked. */
struct guest {
	struct shim own;   /* of all but the first */
	struct shim *shim; /* own, or the client under test */
	int64_t deadline_us;
	cJSON *command; /* owned */
	cJSON *waits;   /* owned */
	cJSON *reply;   /* owned */
	enum shim_outcome outcome;
	enum msiv2_rc rc;
	struct msiv2_error err;
	pthread_t thread;
	bool begun; /* the thread */
};

struct crowd {
	struct guest guests[CROWD_MAX];
	unsigned count;
	struct turns turns;
};

static void crowd_free(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->count; i++) {
		struct guest *guest = &crowd->guests[i];

		cJSON_Delete(guest->command);
		cJSON_Delete(guest->waits);
		cJSON_Delete(guest->reply);
		shim_free(&guest->own);
	}
	crowd->guests[0].shim->time = crowd->turns.time;
	(void)pthread_mutex_destroy(&crowd->turns.lock);
}
DEFINE_OWNED_VALUE(crowd, crowd_free)

static void wait_in_turn(void *ctx, int64_t ms)
{
	struct turns *turns = ctx;

	(void)pthread_mutex_lock(&turns->lock);
	turns->time.wait_ms(turns->time.ctx, ms);
	(void)pthread_mutex_unlock(&turns->lock);
}

/* ---- arriving ---- */

/* The part of the n that this one asks for. */
static enum msiv2_rc prepare(struct guest *guest, const cJSON *command, unsigned index,
                             unsigned processes, struct msiv2_error *err)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(command, "n");
	unsigned all = (unsigned)n->valuedouble;
	unsigned part = all / processes + (index < all % processes ? 1 : 0);
	cJSON *number = cJSON_CreateNumber(part);

	guest->waits = cJSON_CreateArray();
	guest->command = cJSON_Duplicate(command, true);
	cJSON_DeleteItemFromObjectCaseSensitive(guest->command, "processes");
	if (guest->waits && number &&
	    cJSON_ReplaceItemInObjectCaseSensitive(guest->command, "n", number))
		return MSIV2_OK;
	cJSON_Delete(number);
	return err_no_memory(err, WHERE);
}

/* Starts it and has it begin as the first one did, but with a seed of its own: processes that pause
 * alike would be none. */
static enum msiv2_rc arrive(const struct crowd_plan *plan, struct guest *guest, unsigned index,
                            struct msiv2_error *err)
{
	OWNED(cJSON) *start = cJSON_Duplicate(plan->start, true);
	cJSON *seed = cJSON_GetObjectItemCaseSensitive(start, "seed");

	if (!start)
		return err_no_memory(err, WHERE);
	if (seed)
		cJSON_SetNumberValue(seed, (double)(((uint64_t)seed->valuedouble + index) % SEEDS));
	guest->own.process.stop = plan->first->process.stop;
	TRY(shim_start(&guest->own, plan->command, plan->dir, plan->environment, guest->deadline_us,
	               &guest->outcome, err));
	if (guest->outcome != SHIM_ANSWERED)
		return MSIV2_OK;
	TRY(shim_ask(&guest->own, start, guest->deadline_us, guest->waits, &guest->outcome,
	             &guest->reply, err));
	if (guest->outcome != SHIM_ANSWERED ||
	    cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(guest->reply, "ok")))
		return MSIV2_OK;
	guest->outcome = SHIM_BROKE_PROTOCOL;
	(void)snprintf(guest->own.reason, sizeof(guest->own.reason), "%s",
	               "another process of it refuses start");
	return MSIV2_OK;
}

/* ---- asking ---- */

static void *ask(void *ctx)
{
	struct guest *guest = ctx;

	cJSON_Delete(guest->reply);
	guest->reply = NULL;
	guest->rc = shim_ask(guest->shim, guest->command, guest->deadline_us, guest->waits,
	                     &guest->outcome, &guest->reply, &guest->err);
	return NULL;
}

/* One that has no thread asks when the others do not any more: late is better than never. */
static void ask_all(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->count; i++) {
		struct guest *guest = &crowd->guests[i];

		guest->begun = pthread_create(&guest->thread, NULL, ask, guest) == 0;
	}
	for (unsigned i = 0; i < crowd->count; i++) {
		struct guest *guest = &crowd->guests[i];

		if (guest->begun)
			(void)pthread_join(guest->thread, NULL);
		else
			(void)ask(guest);
	}
}

/* ---- what came of it ---- */

/* Moves every item to the end of another array. */
static void move_all(cJSON *from, cJSON *to)
{
	while (from && from->child)
		(void)cJSON_AddItemToArray(to, cJSON_DetachItemViaPointer(from, from->child));
}

/* All results in the first one's reply, or the first reply that is none. */
static void merge(struct crowd *crowd, cJSON **reply)
{
	cJSON *first = crowd->guests[0].reply;
	cJSON *results = cJSON_GetObjectItemCaseSensitive(first, "results");

	for (unsigned i = 0; i < crowd->count; i++) {
		struct guest *guest = &crowd->guests[i];

		if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(guest->reply, "ok"))) {
			*reply = steal(&guest->reply);
			return;
		}
		if (i > 0)
			move_all(cJSON_GetObjectItemCaseSensitive(guest->reply, "results"),
			         results);
	}
	*reply = steal(&crowd->guests[0].reply);
}

/* Sends one of the others away; what it wrote stays with the first. */
static enum msiv2_rc leave(const struct crowd_plan *plan, struct guest *guest,
                           struct msiv2_error *err)
{
	struct shim *first = plan->first;
	struct shim *own = &guest->own;

	if (own->process.pid > 0)
		TRY(secrets_search_process(plan->secrets, own->process.pid, err));
	shim_quit(own,
	          clock_deadline_us(clock_system(), guest->outcome == SHIM_ANSWERED ? QUIT_MS : 0));
	if (plan->found_status != 0 && own->process.signal == 0 &&
	    own->process.status == plan->found_status)
		*plan->found = true;
	bytes_add(&first->raw, own->raw.data, own->raw.len);
	bytes_add(&first->redacted, own->redacted.data, own->redacted.len);
	bytes_add(&first->process.err_out, own->process.err_out.data, own->process.err_out.len);
	TRY(bytes_done(&first->raw, WHERE, err));
	TRY(bytes_done(&first->redacted, WHERE, err));
	return bytes_done(&first->process.err_out, WHERE, err);
}

/* The first one that did not answer tells for all. */
static enum msiv2_rc conclude(struct crowd *crowd, struct shim *first, enum shim_outcome *outcome,
                              struct msiv2_error *err)
{
	*outcome = SHIM_ANSWERED;
	for (unsigned i = 0; i < crowd->count && *outcome == SHIM_ANSWERED; i++) {
		struct guest *guest = &crowd->guests[i];

		if (guest->rc != MSIV2_OK) {
			if (err)
				*err = guest->err;
			return guest->rc;
		}
		*outcome = guest->outcome;
		if (*outcome != SHIM_ANSWERED && guest->shim != first)
			memcpy(first->reason, guest->own.reason, sizeof(first->reason));
	}
	return MSIV2_OK;
}

static enum msiv2_rc gather(struct crowd *crowd, const struct crowd_plan *plan,
                            const cJSON *command, unsigned processes, int64_t deadline_us,
                            struct msiv2_error *err)
{
	const struct shim_time in_turn = {wait_in_turn, &crowd->turns};

	plan->first->time = in_turn;
	while (crowd->count < processes) {
		unsigned index = crowd->count++;
		struct guest *guest = &crowd->guests[index];

		guest->deadline_us = deadline_us;
		guest->shim = index > 0 ? &guest->own : plan->first;
		guest->shim->time = in_turn;
		TRY(prepare(guest, command, index, processes, err));
		if (index > 0)
			TRY(arrive(plan, guest, index, err));
		if (guest->outcome != SHIM_ANSWERED)
			break;
	}
	return MSIV2_OK;
}

enum msiv2_rc crowd_ask(const struct crowd_plan *plan, const cJSON *command, unsigned processes,
                        int64_t deadline_us, cJSON *waits, enum shim_outcome *outcome,
                        cJSON **reply, struct msiv2_error *err)
{
	OWNED_STRUCT(crowd)
	crowd = {.guests = {{.shim = plan->first}}, .turns = {.time = plan->first->time}};

	if (pthread_mutex_init(&crowd.turns.lock, NULL) != 0)
		return err_no_memory(err, WHERE);
	TRY(gather(&crowd, plan, command, processes, deadline_us, err));
	TRY(conclude(&crowd, plan->first, outcome, err));
	if (*outcome == SHIM_ANSWERED) {
		ask_all(&crowd);
		TRY(conclude(&crowd, plan->first, outcome, err));
	}
	for (unsigned i = 1; i < crowd.count; i++)
		TRY(leave(plan, &crowd.guests[i], err));
	for (unsigned i = 0; i < crowd.count; i++)
		move_all(crowd.guests[i].waits, waits);
	if (*outcome == SHIM_ANSWERED)
		merge(&crowd, reply);
	return MSIV2_OK;
}
