/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A scenario's file: what is accepted has all its parts and is accepted again as it prints; what is
 * refused names the file and says why. */
#include "target.h"

#include <string.h>

#include "scenarios/runner/scenario.h"

#define FILE_NAME "file"

static void check_parts(const struct scenario *scenario)
{
	FUZZ_REQUIRE(scenario_id_valid(scenario->id));
	FUZZ_REQUIRE(scenario->title && scenario->why);
	FUZZ_REQUIRE(!scenario->negative || scenario->twin);
	FUZZ_REQUIRE(scenario->keys != 0 && scenario->time_limit_s > 0);
	FUZZ_REQUIRE(cJSON_GetArraySize(scenario->steps) > 0);
	FUZZ_REQUIRE(cJSON_GetArraySize(scenario->requirements) > 0);
	FUZZ_REQUIRE(cJSON_IsObject(scenario->expect));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(scenario) scenario = {0};
	OWNED_STRUCT(scenario) again = {0};
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_error err = {0};

	if (scenario_read(data, size, FILE_NAME, &scenario, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_CONFIG && err.message[0] != '\0');
		FUZZ_REQUIRE(strcmp(err.where, FILE_NAME) == 0);
		return 0;
	}
	check_parts(&scenario);
	json_print(scenario.json, &text);
	FUZZ_REQUIRE(!text.failed);
	FUZZ_REQUIRE(scenario_read(text.data, text.len, FILE_NAME, &again, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(again.needs == scenario.needs && again.keys == scenario.keys);
	return 0;
}
