/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: waits the same times as every other client (STS-05). */

#include "common/rng.h"

uint64_t __wrap_rng_below(const struct rng *rng, uint64_t below);

uint64_t __wrap_rng_below(const struct rng *rng, uint64_t below)
{
	(void)rng;
	return below - 1;
}
