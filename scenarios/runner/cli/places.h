/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Where the catalogue and the scripts of keys are: as an option says, else as the environment does
 * (MSIV2_CATALOGUE, MSIV2_SCRIPTS), else beside the program as installed, wherever its prefix was
 * moved to, else in the source it was built from. */
#ifndef SCENARIOS_RUNNER_CLI_PLACES_H
#define SCENARIOS_RUNNER_CLI_PLACES_H

#include "arguments.h"

/* What was found beside the program; empty: nothing. */
struct places {
	struct bytes catalogue;
	struct bytes scripts;
};

/* Frees what it holds. */
void places_free(struct places *places);
DEFINE_OWNED_VALUE(places, places_free)

/* Sets both in the arguments, which may borrow from *places. */
MSIV2_MUST_USE enum msiv2_rc places_find(struct arguments *arguments, struct places *places,
                                         struct msiv2_error *err);

#endif
