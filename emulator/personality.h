/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* How the IMDS of a host behaves as a whole, whatever is asked. */
#ifndef EMULATOR_PERSONALITY_H
#define EMULATOR_PERSONALITY_H

#include <stdbool.h>

enum personality {
	PERSONALITY_V2,         /* everything answers */
	PERSONALITY_V1_ONLY,    /* 404 on the paths of v2 (META-07) */
	PERSONALITY_ACI,        /* the v1 token and nothing else: 404 */
	PERSONALITY_RESTARTING, /* 500 without the header that says who answers (META-06) */
	PERSONALITY_SLOW,       /* as v2, after a wait */
	PERSONALITY_BLACK_HOLE  /* takes connections and requests, never answers */
};

/* The personality of that name: "v2", "v1-only", "aci", "restarting", "slow", "black-hole". False
 * when there is none. */
bool personality_from_name(const char *name, enum personality *out);

#endif
