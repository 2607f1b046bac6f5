/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The strict JSON reader: what it accepts, it prints, and the print is accepted and prints the
 * same. */
#include "target.h"

#include <string.h>

#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct blame blame = {MSIV2_CONFIG, "fuzz"};
	OWNED(cJSON) *tree = NULL;
	OWNED(cJSON) *again = NULL;
	OWNED_STRUCT(bytes) first = {0};
	OWNED_STRUCT(bytes) second = {0};
	struct msiv2_error err = {0};

	if (json_parse(data, size, &blame, &tree, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_CONFIG && err.message[0] != '\0');
		return 0;
	}
	json_print(tree, &first);
	FUZZ_REQUIRE(!first.failed);
	FUZZ_REQUIRE(json_parse(first.data, first.len, &blame, &again, &err) == MSIV2_OK);
	json_print(again, &second);
	FUZZ_REQUIRE(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	return 0;
}
