/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "personality.h"

#include "common/text.h"

static const char *const names[] = {
        [PERSONALITY_V2] = "v2",     [PERSONALITY_V1_ONLY] = "v1-only",
        [PERSONALITY_ACI] = "aci",   [PERSONALITY_RESTARTING] = "restarting",
        [PERSONALITY_SLOW] = "slow", [PERSONALITY_BLACK_HOLE] = "black-hole",
};

bool personality_from_name(const char *name, enum personality *out)
{
	for (size_t i = 0; i < TEXT_COUNT(names); i++) {
		if (!text_equal(name, names[i]))
			continue;
		*out = (enum personality)i;
		return true;
	}
	return false;
}
