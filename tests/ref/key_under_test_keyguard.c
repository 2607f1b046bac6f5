/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "key_under_test.h"

#include "keyguard_bench.h"
#include "softhsm_token.h"

static struct softhsm_token token;

struct key *key_under_test_open(void)
{
	softhsm_token_make(&token);
	return keyguard_bench_open();
}

void key_under_test_close(void)
{
	softhsm_token_drop(&token);
}
