/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The registry of requirements (scenarios/requirements.json), which is part of the program. */
#ifndef SCENARIOS_RUNNER_REQUIREMENT_H
#define SCENARIOS_RUNNER_REQUIREMENT_H

#include <stddef.h>

#include "common/err.h"
#include "common/json.h"
#include "common/own.h"

/* Borrowed from the registry. */
struct requirement {
	const char *id, *level, *sentence, *source;
	const char *no_positive, *no_negative; /* why there is no such scenario; "": there is one */
};

struct requirements {
	cJSON *json; /* owned */
};

/* Reads the registry; freed with requirements_free(). MSIV2_INTERNAL when it is damaged. */
MSIV2_MUST_USE enum msiv2_rc requirements_read(struct requirements *out, struct msiv2_error *err);
/* Frees and empties it. */
void requirements_free(struct requirements *requirements);
DEFINE_OWNED_VALUE(requirements, requirements_free)

/* How many there are, and each in the order of docs/protocol.md. */
size_t requirements_count(const struct requirements *requirements);
struct requirement requirements_at(const struct requirements *requirements, size_t index);
/* By id; one that is not known has empty texts besides its id. */
struct requirement requirements_find(const struct requirements *requirements, const char *id);

#endif
