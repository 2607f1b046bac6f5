/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The randomness seam. Identifiers, jitter and serial numbers come from here, so that one seed can
 * repeat a run; keys and nonces of TLS always come from OpenSSL itself. */
#ifndef COMMON_RNG_H
#define COMMON_RNG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/msiv2_base.h"

struct rng {
	/* Fills n bytes; false when it cannot. Thread-safe. */
	bool (*fill)(void *ctx, void *out, size_t n);
	void *ctx;
};

/* The system's cryptographic generator (OpenSSL). */
const struct rng *rng_system(void);

/* Fills n bytes; false when the source fails. */
MSIV2_MUST_USE bool rng_fill(const struct rng *rng, void *out, size_t n);
/* A number in [0, below), below > 0; 0 when the source fails (good enough for jitter only). */
uint64_t rng_below(const struct rng *rng, uint64_t below);

/* Numbers that one seed repeats (SplitMix64), for what may be guessed: pauses, never keys, ids or
 * nonces. Use `rng`; it stays where it is. */
struct rng_seeded {
	struct rng rng;
	_Atomic uint64_t state;
};

/* Begins the numbers of a seed. */
void rng_seeded_init(struct rng_seeded *seeded, uint64_t seed);

/* A random UUID (RFC 9562 version 4) in lower case. */
#define UUID_TEXT_SIZE 37
MSIV2_MUST_USE bool rng_uuid(const struct rng *rng, char out[UUID_TEXT_SIZE]);

#endif
