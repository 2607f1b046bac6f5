/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Definitions of faults: what is accepted is complete and reads as itself; what is refused names a
 * place. Those of JSON then happen to an answer, which stays a value that can be printed. */
#include "target.h"

#include <string.h>

#include "emulator/http/exchange.h"
#include "emulator/instruments/fault.h"
#include "emulator/instruments/json_path.h"

#define ANSWER                                                                                     \
	"{\"clientId\":\"a\",\"cuId\":{\"vmId\":\"b\"},\"keys\":[{\"kid\":\"c\"}],\"expires_in\":" \
	"1,"                                                                                       \
	"\"certificate\":\"AA==\"}"

static const struct blame blame = {MSIV2_CONFIG, "fuzz"};

static void let_happen(const struct fault *fault)
{
	const struct fault_subject subject = {.endpoint = ENDPOINT_ISSUE, .method = "POST"};
	OWNED_STRUCT(http_response) response = {.status = 200};
	OWNED_STRUCT(bytes) text = {0};
	OWNED(cJSON) *json = cJSON_Parse(ANSWER);
	const struct fault_act act = {.kind = fault->kind,
	                              .with = fault->with,
	                              .random = 7,
	                              .json = &json,
	                              .response = &response};

	(void)fault_matches(fault, &subject);
	(void)fault_is_due(&fault->when, 3, UINT64_MAX);
	bytes_add_text(&response.body, ANSWER);
	if (fault->kind->stage == FAULT_AT_JSON || fault->kind->stage == FAULT_AT_WIRE)
		(void)fault->kind->happen(&act);
	json_print(json, &text);
	FUZZ_REQUIRE(!text.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(cJSON) *json = NULL;
	OWNED(cJSON) *list = NULL;
	OWNED(cJSON) *again = NULL;
	struct msiv2_error err = {0};
	const cJSON *item;

	if (json_parse(data, size, &blame, &json, NULL) != MSIV2_OK)
		return 0;
	if (fault_read_list(json, "faults", &list, &err) != MSIV2_OK) {
		FUZZ_REQUIRE(err.rc == MSIV2_CONFIG && err.where[0] != '\0' && list == NULL);
		return 0;
	}
	FUZZ_REQUIRE(fault_read_list(list, "faults", &again, NULL) == MSIV2_OK);
	FUZZ_REQUIRE(cJSON_Compare(list, again, true));
	cJSON_ArrayForEach(item, list)
	{
		OWNED_STRUCT(fault) *fault = NULL;

		FUZZ_REQUIRE(fault_read(item, "fault", &fault, NULL) == MSIV2_OK);
		let_happen(fault);
	}
	return 0;
}
