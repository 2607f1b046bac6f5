/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "key_under_test.h"

#include "ref/keys/memory.h"

struct key *key_under_test_open(void)
{
	struct key *key = NULL;

	return memory_key_create(&key, NULL) == MSIV2_OK ? key : NULL;
}

void key_under_test_close(void)
{
}
