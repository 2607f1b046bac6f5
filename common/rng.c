/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "rng.h"

#include <limits.h>
#include <openssl/rand.h>
#include <string.h>

#include "bytes.h"

static bool system_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	return n <= INT_MAX && RAND_bytes(out, (int)n) == 1;
}

const struct rng *rng_system(void)
{
	static const struct rng system_rng = {.fill = system_fill};

	return &system_rng;
}

static uint64_t seeded_next(struct rng_seeded *seeded)
{
	const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = atomic_fetch_add(&seeded->state, step) + step;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static bool seeded_fill(void *ctx, void *out, size_t n)
{
	uint8_t *at = out;

	while (n > 0) {
		uint64_t number = seeded_next(ctx);
		size_t part = n < sizeof(number) ? n : sizeof(number);

		memcpy(at, &number, part);
		at += part;
		n -= part;
	}
	return true;
}

void rng_seeded_init(struct rng_seeded *seeded, uint64_t seed)
{
	seeded->rng = (struct rng){.fill = seeded_fill, .ctx = seeded};
	atomic_init(&seeded->state, seed);
}

bool rng_fill(const struct rng *rng, void *out, size_t n)
{
	return rng->fill(rng->ctx, out, n);
}

uint64_t rng_below(const struct rng *rng, uint64_t below)
{
	uint64_t value;

	/* The bias of the remainder is below 2^-32 for the small ranges of jitter. */
	return rng_fill(rng, &value, sizeof(value)) ? value % below : 0;
}

bool rng_uuid(const struct rng *rng, char out[UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t raw[16];
	size_t at = 0;

	if (!rng_fill(rng, raw, sizeof(raw)))
		return false;
	raw[6] = (uint8_t)((raw[6] & 0x0F) | 0x40);
	raw[8] = (uint8_t)((raw[8] & 0x3F) | 0x80);
	for (size_t i = 0; i < sizeof(raw); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = digits[raw[i] >> 4];
		out[at++] = digits[raw[i] & 15];
	}
	out[at] = '\0';
	return true;
}
