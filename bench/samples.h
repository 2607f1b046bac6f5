/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A set of measurements and its order statistics. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#define SAMPLES_MAX 4096

struct samples {
	int64_t value[SAMPLES_MAX];
	size_t count;
};

/* Adds one; negative ones (a leg not taken) and those beyond SAMPLES_MAX are dropped. */
void samples_add(struct samples *samples, int64_t value);
/* The value below which `percent` of the samples lie; 0 without samples. Sorts in place. */
int64_t samples_percentile(struct samples *samples, unsigned percent);

#endif
