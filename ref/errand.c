/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "errand.h"

enum msiv2_rc errand_begin(struct errand *errand, struct msiv2_error *err)
{
	if (!rng_uuid(rng_system(), errand->correlation_id))
		return err_set(err, MSIV2_INTERNAL, "correlation id", "no randomness");
	return MSIV2_OK;
}

uint64_t errand_jitter(const struct errand *errand, uint64_t below)
{
	return rng_below(errand->jitter != NULL ? errand->jitter : rng_system(), below);
}
