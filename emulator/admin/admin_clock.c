/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_clock.h"

#include "common/clock.h"
#include "common/text.h"

static enum msiv2_rc get_clock(struct admin_call *call, struct msiv2_error *err)
{
	struct world_clock_state state = world_clock_look(&call->world->clock);
	OWNED(cJSON) *json = cJSON_CreateObject();
	char text[CLOCK_TEXT_SIZE];

	clock_format_utc(state.now_s, text);
	cJSON_AddNumberToObject(json, "now", (double)state.now_s);
	cJSON_AddStringToObject(json, "now_text", text);
	cJSON_AddNumberToObject(json, "offset_s", (double)state.offset_s);
	cJSON_AddBoolToObject(json, "frozen", state.frozen);
	return admin_send(call, json, err);
}

/* Exactly one of advance_s, set and frozen. */
static enum msiv2_rc post_clock(struct admin_call *call, struct msiv2_error *err)
{
	const cJSON *member = call->body->child;
	struct world_clock *clock = &call->world->clock;
	int64_t value = 0;

	if (!member || member->next)
		return err_blame(err, &admin_body_blame,
		                 "one of advance_s, set and frozen is expected");
	if (text_equal(member->string, "frozen")) {
		if (!cJSON_IsBool(member))
			return err_blame(err, &admin_body_blame, "frozen is not true or false");
		world_clock_freeze(clock, cJSON_IsTrue(member));
		return get_clock(call, err);
	}
	if (!text_equal(member->string, "advance_s") && !text_equal(member->string, "set"))
		return err_blame(err, &admin_body_blame, "unknown member \"%s\"", member->string);
	TRY(json_need_integer(call->body, member->string, -WORLD_CLOCK_MAX_S, WORLD_CLOCK_MAX_S,
	                      false, &admin_body_blame, &value, err));
	if (text_equal(member->string, "set"))
		TRY(world_clock_set(clock, value, err));
	else
		TRY(world_clock_advance(clock, value, err));
	return get_clock(call, err);
}

static const struct admin_route rows[] = {
        {"GET", "/clock", 0, ENDPOINT_UNKNOWN, get_clock},
        {"POST", "/clock", ADMIN_BODY, ENDPOINT_CLOCK, post_clock},
};

const struct admin_routes admin_clock_routes = {rows, TEXT_COUNT(rows)};
