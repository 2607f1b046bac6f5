/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A friendly name: what is taken apart goes together to the same name. */
#include "target.h"

#include <string.h>

#include "ref/store/friendly_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) alias = {0};
	OWNED_STRUCT(bytes) endpoint = {0};
	OWNED_STRUCT(bytes) again = {0};
	struct msiv2_error err = {0};

	if (friendly_name_parse((const char *)data, size, &alias, &endpoint, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_STORE && err.message[0] != '\0');
		FUZZ_REQUIRE(alias.len == 0 && endpoint.len == 0);
		return 0;
	}
	FUZZ_REQUIRE(alias.len > 0 && endpoint.len > 0);
	FUZZ_REQUIRE(friendly_name_add(bytes_text(&alias), bytes_text(&endpoint), &again, NULL) ==
	             MSIV2_OK);
	FUZZ_REQUIRE(again.len == size && memcmp(again.data, data, size) == 0);
	return 0;
}
