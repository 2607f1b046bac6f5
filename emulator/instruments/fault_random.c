/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fault_random.h"

uint64_t fault_random_next(struct fault_random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t fault_random_of(uint64_t seed, const char *id, uint64_t nth)
{
	struct fault_random random = {seed};
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a of the id */

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
	random.state = fault_random_next(&random) ^ hash;
	random.state = fault_random_next(&random) ^ nth;
	return fault_random_next(&random);
}
