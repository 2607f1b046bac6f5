/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The emulator's configuration: what is accepted prints as a configuration that is accepted and
 * prints the same; what is refused names a place. */
#include "target.h"

#include <string.h>

#include "emulator/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(config) config = {0};
	OWNED_STRUCT(config) again = {0};
	OWNED_STRUCT(bytes) first = {0};
	OWNED_STRUCT(bytes) second = {0};
	struct msiv2_error err = {0};
	struct rule_modes modes;

	FUZZ_REQUIRE(config_init(&config, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(config_init(&again, NULL) == MSIV2_OK);
	if (config_read(&config, data, size, &err) != MSIV2_OK ||
	    config_check(&config, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_CONFIG && err.where[0] != '\0');
		return 0;
	}
	FUZZ_REQUIRE(config_modes(&config, &modes, NULL) == MSIV2_OK);
	config_print(&config, &first);
	FUZZ_REQUIRE(!first.failed);
	FUZZ_REQUIRE(config_read(&again, first.data, first.len, NULL) == MSIV2_OK);
	config_print(&again, &second);
	FUZZ_REQUIRE(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	return 0;
}
