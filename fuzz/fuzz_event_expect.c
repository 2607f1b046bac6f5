/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Expectations and events together: {"expect":[...],"events":[...]}. Every expectation that can be
 * read is judged over all events; what is told about it must be text. */
#include "target.h"

#include "common/json.h"
#include "common/text.h"
#include "emulator/instruments/event_expect.h"
#include "emulator/instruments/journal_har.h"

static void judge(const cJSON *one, const cJSON *events)
{
	struct expectation expectation;
	struct expect_state state;
	OWNED(cJSON) *verdict = NULL;
	OWNED_STRUCT(bytes) text = {0};
	const cJSON *event;

	if (expect_read(one, "expect", &expectation, NULL) != MSIV2_OK)
		return;
	expect_begin(&state, &expectation);
	cJSON_ArrayForEach(event, events) expect_see(&state, event);
	expect_done(&state);
	FUZZ_REQUIRE(state.ok == (state.why[0] == '\0'));
	FUZZ_REQUIRE(state.near_count <= EXPECT_NEAR_MAX);
	verdict = expect_json(&state);
	json_print(verdict, &text);
	FUZZ_REQUIRE(text_is_utf8(text.data, text.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct blame blame = {MSIV2_CONFIG, "fuzz"};
	OWNED(cJSON) *json = NULL;
	OWNED_STRUCT(bytes) har = {0};
	const cJSON *events;
	const cJSON *one;

	if (json_parse_object(data, size, &blame, &json, NULL) != MSIV2_OK)
		return 0;
	events = cJSON_GetObjectItemCaseSensitive(json, "events");
	cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "expect"))
	        judge(one, events);
	cJSON_ArrayForEach(one, events) if (har_has(one)) har_add_entry(one, &har);
	return 0;
}
