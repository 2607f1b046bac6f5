/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "key_under_test.h"

#include "hardware_bench.h"

static struct swtpm swtpm;

struct key *key_under_test_open(void)
{
	struct key_place place;

	swtpm_make(&swtpm);
	place = hardware_bench_place(&swtpm);
	return hardware_bench_open(&place);
}

void key_under_test_close(void)
{
	swtpm_drop(&swtpm);
}
