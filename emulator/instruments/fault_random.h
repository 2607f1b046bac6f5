/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Random numbers that one seed repeats (SplitMix64). Which exchange gets which number depends on
 * the seed, the fault's id and how often the fault matched, never on the order of threads. Not for
 * secrets. Pure. */
#ifndef EMULATOR_INSTRUMENTS_FAULT_RANDOM_H
#define EMULATOR_INSTRUMENTS_FAULT_RANDOM_H

#include <stdint.h>

struct fault_random {
	uint64_t state;
};

/* The number for the nth match of a fault. */
uint64_t fault_random_of(uint64_t seed, const char *id, uint64_t nth);
/* The next number of a stream. */
uint64_t fault_random_next(struct fault_random *random);

#endif
