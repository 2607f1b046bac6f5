/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The kinds of step as a table: the word, the form of `with`, what a shim must be able to do. The
 * meaning of each is docs/scenarios.md. Pure. */
#ifndef SCENARIOS_RUNNER_STEP_KIND_H
#define SCENARIOS_RUNNER_STEP_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/json.h"
#include "form.h"

enum step_do {
	STEP_ACQUIRE,
	STEP_ACQUIRE_MANY,
	STEP_CALL,
	STEP_PROBE,
	STEP_RESTART,
	STEP_DROP_MEMORY,
	STEP_DESCRIBE_KEY,
	STEP_ADVANCE,
	STEP_CLIENT_CLOCK,
	STEP_ADMIN,
	STEP_FAULT,
	STEP_UNFAULT,
	STEP_STORE,
	STEP_MARK,
	STEP_DO_COUNT
};

struct step_kind {
	const char *word;
	const struct form *with; /* NULL: no `with` */
	bool with_required;
	bool command;      /* the shim does it; else the runner */
	uint32_t features; /* bits */
};

extern const struct step_kind step_kinds[STEP_DO_COUNT];
/* The words of the table, ended by NULL. */
extern const char *const step_words[STEP_DO_COUNT + 1];
/* The forms of an identity, and of a scenario's `client`. */
extern const struct form identity_form;
extern const struct form client_form;
/* And of a fault, as far as the emulator does not say it. */
extern const struct form fault_form;

/* What a client must be able to do for this step (checked before), as bits of feature.h. */
uint32_t step_features(const cJSON *step);
/* The same for a scenario's `client`; NULL is allowed. */
uint32_t client_features(const cJSON *client);

#endif
