/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "faults.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "fault_random.h"

#define WHERE "faults"

struct slot {
	struct fault *fault; /* held */
	char id[FAULT_ID_SIZE];
	uint64_t matched, fired;
};

struct faults {
	pthread_mutex_t lock;
	struct slot slots[FAULTS_MAX]; /* in the order of their definition */
	size_t count;
	atomic_size_t quick_count; /* the same, for exchanges without faults */
	unsigned named;            /* names given out */
};

enum msiv2_rc faults_new(struct faults **out, struct msiv2_error *err)
{
	struct faults *faults = mem_alloc(sizeof(*faults));

	*out = faults;
	if (!faults)
		return err_no_memory(err, WHERE);
	pthread_mutex_init(&faults->lock, NULL);
	atomic_init(&faults->quick_count, 0);
	return MSIV2_OK;
}

/* The lock is held, here and in every function that takes a slot. */
static void set_count(struct faults *faults, size_t count)
{
	faults->count = count;
	atomic_store_explicit(&faults->quick_count, count, memory_order_relaxed);
}

static void forget(struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		fault_release(faults->slots[i].fault);
	memset(faults->slots, 0, faults->count * sizeof(faults->slots[0]));
	set_count(faults, 0);
}

void faults_free(struct faults *faults)
{
	if (!faults)
		return;
	forget(faults);
	pthread_mutex_destroy(&faults->lock);
	mem_free(faults);
}

void faults_clear(struct faults *faults)
{
	pthread_mutex_lock(&faults->lock);
	forget(faults);
	pthread_mutex_unlock(&faults->lock);
}

static struct slot *find(struct faults *faults, const char *id)
{
	for (size_t i = 0; i < faults->count; i++)
		if (text_equal(faults->slots[i].id, id))
			return &faults->slots[i];
	return NULL;
}

/* Puts a fault, which is taken over, at the end. A name of its own is the first one free. */
static struct slot *push(struct faults *faults, struct fault *fault)
{
	struct slot *slot = &faults->slots[faults->count];

	*slot = (struct slot){.fault = fault};
	if (fault->id[0] != '\0') {
		(void)snprintf(slot->id, sizeof(slot->id), "%s", fault->id);
	} else {
		char name[24];

		do
			(void)snprintf(name, sizeof(name), "f%u", ++faults->named);
		while (find(faults, name));
		(void)snprintf(slot->id, sizeof(slot->id), "%s", name);
	}
	set_count(faults, faults->count + 1);
	return slot;
}

/* The definition, its id first, and how it went. */
static cJSON *show(const struct slot *slot)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	const cJSON *member;

	if (!cJSON_AddStringToObject(json, "id", slot->id))
		return NULL;
	cJSON_ArrayForEach(member, slot->fault->json)
	{
		if (!text_equal(member->string, "id") &&
		    !json_add(json, member->string, cJSON_Duplicate(member, true)))
			return NULL;
	}
	cJSON_AddStringToObject(json, "family", fault_kind_family(slot->fault->kind)->name);
	cJSON_AddNumberToObject(json, "matched", (double)slot->matched);
	if (!cJSON_AddNumberToObject(json, "fired", (double)slot->fired))
		return NULL;
	return steal(&json);
}

static enum msiv2_rc show_in(const struct slot *slot, cJSON **shown, struct msiv2_error *err)
{
	*shown = show(slot);
	return *shown ? MSIV2_OK : err_no_memory(err, WHERE);
}

static enum msiv2_rc set_locked(struct faults *faults, const cJSON *list, struct msiv2_error *err)
{
	struct fault *fresh[FAULTS_MAX];
	const cJSON *item;
	size_t count = 0;

	cJSON_ArrayForEach(item, list)
	{
		enum msiv2_rc rc = fault_read(item, WHERE, &fresh[count], err);

		if (rc != MSIV2_OK) {
			while (count > 0)
				fault_release(fresh[--count]);
			return rc;
		}
		count++;
	}
	forget(faults);
	faults->named = 0;
	for (size_t i = 0; i < count; i++)
		(void)push(faults, fresh[i]);
	return MSIV2_OK;
}

enum msiv2_rc faults_set(struct faults *faults, const cJSON *array, const char *where,
                         struct msiv2_error *err)
{
	OWNED(cJSON) *list = NULL;
	enum msiv2_rc rc;

	if (array)
		TRY(fault_read_list(array, where, &list, err));
	pthread_mutex_lock(&faults->lock);
	rc = set_locked(faults, list, err);
	pthread_mutex_unlock(&faults->lock);
	return rc;
}

static enum msiv2_rc add_locked(struct faults *faults, struct fault *fault,
                                enum faults_found *found, cJSON **shown, struct msiv2_error *err)
{
	*found = FAULTS_FOUND;
	if (faults->count == FAULTS_MAX)
		*found = FAULTS_FULL;
	else if (fault->id[0] != '\0' && find(faults, fault->id))
		*found = FAULTS_TAKEN;
	if (*found != FAULTS_FOUND)
		return MSIV2_OK;
	return show_in(push(faults, fault_hold(fault)), shown, err);
}

enum msiv2_rc faults_add(struct faults *faults, const cJSON *json, const char *where,
                         enum faults_found *found, cJSON **shown, struct msiv2_error *err)
{
	OWNED_STRUCT(fault) *fault = NULL;
	enum msiv2_rc rc;

	*shown = NULL;
	TRY(fault_read(json, where, &fault, err));
	pthread_mutex_lock(&faults->lock);
	rc = add_locked(faults, fault, found, shown, err);
	pthread_mutex_unlock(&faults->lock);
	return rc;
}

/* The definition with the patch's members in place of its own. Another fault means other
 * parameters, so the old ones go. */
static cJSON *merge(const struct slot *slot, const cJSON *patch)
{
	OWNED(cJSON) *merged = cJSON_Duplicate(slot->fault->json, true);
	const cJSON *member;

	cJSON_DeleteItemFromObjectCaseSensitive(merged, "id");
	if (!merged || !cJSON_AddStringToObject(merged, "id", slot->id))
		return NULL;
	if (cJSON_GetObjectItemCaseSensitive(patch, "fault"))
		cJSON_DeleteItemFromObjectCaseSensitive(merged, "with");
	cJSON_ArrayForEach(member, patch)
	{
		cJSON_DeleteItemFromObjectCaseSensitive(merged, member->string);
		if (!json_add(merged, member->string, cJSON_Duplicate(member, true)))
			return NULL;
	}
	return steal(&merged);
}

static enum msiv2_rc patch_locked(struct slot *slot, const cJSON *patch, const char *where,
                                  cJSON **shown, struct msiv2_error *err)
{
	OWNED(cJSON) *merged = merge(slot, patch);
	struct fault *fresh = NULL;

	if (!merged)
		return err_no_memory(err, where);
	TRY(fault_read(merged, where, &fresh, err));
	if (!text_equal(fresh->id, slot->id)) {
		fault_release(fresh);
		return err_set(err, MSIV2_CONFIG, where, "the id does not change");
	}
	fault_release(slot->fault);
	slot->fault = fresh;
	return show_in(slot, shown, err);
}

enum msiv2_rc faults_patch(struct faults *faults, const char *id, const cJSON *patch,
                           const char *where, enum faults_found *found, cJSON **shown,
                           struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_OK;
	struct slot *slot;

	*shown = NULL;
	pthread_mutex_lock(&faults->lock);
	slot = find(faults, id);
	*found = slot ? FAULTS_FOUND : FAULTS_NOT_FOUND;
	if (slot)
		rc = patch_locked(slot, patch, where, shown, err);
	pthread_mutex_unlock(&faults->lock);
	return rc;
}

enum faults_found faults_remove(struct faults *faults, const char *id)
{
	struct slot *slot;

	pthread_mutex_lock(&faults->lock);
	slot = find(faults, id);
	if (slot) {
		size_t after = (size_t)(faults->slots + faults->count - slot) - 1;

		fault_release(slot->fault);
		memmove(slot, slot + 1, after * sizeof(*slot));
		set_count(faults, faults->count - 1);
	}
	pthread_mutex_unlock(&faults->lock);
	return slot ? FAULTS_FOUND : FAULTS_NOT_FOUND;
}

cJSON *faults_get(struct faults *faults, const char *id, enum faults_found *found)
{
	const struct slot *slot;
	cJSON *json = NULL;

	pthread_mutex_lock(&faults->lock);
	slot = find(faults, id);
	*found = slot ? FAULTS_FOUND : FAULTS_NOT_FOUND;
	if (slot)
		json = show(slot);
	pthread_mutex_unlock(&faults->lock);
	return json;
}

static cJSON *list(struct faults *faults, bool unfired_only)
{
	OWNED(cJSON) *array = cJSON_CreateArray();
	bool complete = array != NULL;

	pthread_mutex_lock(&faults->lock);
	for (size_t i = 0; i < faults->count && complete; i++) {
		if (unfired_only && faults->slots[i].fired > 0)
			continue;
		complete = json_push(array, show(&faults->slots[i]));
	}
	pthread_mutex_unlock(&faults->lock);
	return complete ? steal(&array) : NULL;
}

cJSON *faults_list(struct faults *faults)
{
	return list(faults, false);
}

cJSON *faults_unfired(struct faults *faults)
{
	return list(faults, true);
}

/* ---- one exchange ---- */

bool faults_any(const struct faults *faults)
{
	return atomic_load_explicit(&faults->quick_count, memory_order_relaxed) > 0;
}

/* Counts a match and puts the fault into the plan when it is due. */
static void plan_one(struct slot *slot, uint64_t seed, struct fault_plan *plan)
{
	uint64_t nth = ++slot->matched;
	uint64_t random = fault_random_of(seed, slot->id, nth);
	struct planned_fault *planned = &plan->items[plan->count];

	if (plan->count == FAULT_PLAN_MAX || !fault_is_due(&slot->fault->when, nth, random))
		return;
	*planned = (struct planned_fault){.fault = fault_hold(slot->fault), .random = random};
	memcpy(planned->id, slot->id, sizeof(planned->id));
	plan->count++;
}

void faults_plan(struct faults *faults, const struct fault_subject *subject, unsigned stages,
                 uint64_t seed, struct fault_plan *plan)
{
	pthread_mutex_lock(&faults->lock);
	for (unsigned stage = 0; stage < FAULT_STAGE_COUNT; stage++) {
		for (size_t i = 0; i < faults->count && (stages & (1U << stage)); i++) {
			struct slot *slot = &faults->slots[i];

			if (slot->fault->kind->stage == stage &&
			    fault_matches(slot->fault, subject))
				plan_one(slot, seed, plan);
		}
	}
	pthread_mutex_unlock(&faults->lock);
}

void faults_fired(struct faults *faults, struct planned_fault *planned)
{
	struct slot *slot;

	planned->fired = true;
	pthread_mutex_lock(&faults->lock);
	slot = find(faults, planned->id);
	if (slot) /* removed meanwhile otherwise */
		slot->fired++;
	pthread_mutex_unlock(&faults->lock);
}

void fault_plan_free(struct fault_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		fault_release(plan->items[i].fault);
	*plan = (struct fault_plan){0};
}
