/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "samples.h"

#include <stdlib.h>

void samples_add(struct samples *samples, int64_t value)
{
	if (value >= 0 && samples->count < SAMPLES_MAX)
		samples->value[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t samples_percentile(struct samples *samples, unsigned percent)
{
	if (samples->count == 0)
		return 0;
	qsort(samples->value, samples->count, sizeof(samples->value[0]), compare);
	return samples->value[(samples->count - 1) * percent / 100];
}
