/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The faults of one world: defined, counted, planned for exchanges. All functions are thread-safe
 * except new and free.
 *
 * A fault counts its matches, and how often it fired: really happened to an exchange. Which
 * matches are due is decided by the count alone, or by the seed for a percentage; so one seed
 * repeats a run. */
#ifndef EMULATOR_INSTRUMENTS_FAULTS_H
#define EMULATOR_INSTRUMENTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/own.h"
#include "emulator/instruments/fault.h"

struct faults;

/* Makes an empty set. */
MSIV2_MUST_USE enum msiv2_rc faults_new(struct faults **out, struct msiv2_error *err);
/* Frees; NULL is allowed. */
void faults_free(struct faults *faults);
DEFINE_OWNED_STRUCT(faults, faults_free)

/* Replaces all by the definitions of an array (NULL = none), as fault_read_list() takes them. All
 * or nothing. Counts and the names given out start anew. */
MSIV2_MUST_USE enum msiv2_rc faults_set(struct faults *faults, const cJSON *array,
                                        const char *where, struct msiv2_error *err);

/* How a change by id went when nothing was wrong with it. */
enum faults_found { FAULTS_FOUND, FAULTS_NOT_FOUND, FAULTS_TAKEN, FAULTS_FULL };

/* Adds one; without an id it gets "f1", "f2", ... *shown (owned) is the fault as the list shows it.
 * FAULTS_TAKEN when there is one of that id. */
MSIV2_MUST_USE enum msiv2_rc faults_add(struct faults *faults, const cJSON *json, const char *where,
                                        enum faults_found *found, cJSON **shown,
                                        struct msiv2_error *err);
/* Replaces the members that `patch` has; the id stays, and so do the counts. */
MSIV2_MUST_USE enum msiv2_rc faults_patch(struct faults *faults, const char *id, const cJSON *patch,
                                          const char *where, enum faults_found *found,
                                          cJSON **shown, struct msiv2_error *err);
/* Removes one. */
enum faults_found faults_remove(struct faults *faults, const char *id);
/* Removes all. */
void faults_clear(struct faults *faults);

/* One fault as the list shows it; NULL when there is none of that id, or memory is out (*found
 * tells). */
cJSON *faults_get(struct faults *faults, const char *id, enum faults_found *found);
/* An array of {..., "family", "matched":n, "fired":n}; NULL when memory is out. */
cJSON *faults_list(struct faults *faults);
/* The same, of those that never fired. */
cJSON *faults_unfired(struct faults *faults);

/* ---- one exchange ---- */

#define FAULT_PLAN_MAX 16 /* most faults that one exchange can meet; further ones are not due */

/* What is due for one exchange, in the order of stages and definition. `{0}` is an empty plan. */
struct fault_plan {
	struct planned_fault {
		struct fault *fault; /* held */
		char id[FAULT_ID_SIZE];
		uint64_t random;
		bool fired;
	} items[FAULT_PLAN_MAX];
	size_t count;
};

/* There are faults at all. */
bool faults_any(const struct faults *faults);
/* Fills an empty plan with what is due for the subject among the faults of these stages (bits), and
 * counts the matches. */
void faults_plan(struct faults *faults, const struct fault_subject *subject, unsigned stages,
                 uint64_t seed, struct fault_plan *plan);
/* The fault happened. */
void faults_fired(struct faults *faults, struct planned_fault *planned);
/* Lets go of what was planned. */
void fault_plan_free(struct fault_plan *plan);
DEFINE_OWNED_VALUE(fault_plan, fault_plan_free)

#endif
