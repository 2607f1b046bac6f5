/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_rules.h"

#include "common/text.h"

static enum msiv2_rc get_rules(struct admin_call *call, struct msiv2_error *err)
{
	struct rule_modes modes = world_modes(call->world);
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *array = cJSON_AddArrayToObject(json, "rules");

	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_get((enum rule_id)i);
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "id", rule->id);
		cJSON_AddStringToObject(object, "name", rule->name);
		cJSON_AddStringToObject(object, "level", rule_level_name(rule->level));
		cJSON_AddStringToObject(object, "mode", rule_mode_name(modes.mode[i]));
		cJSON_AddStringToObject(object, "requirement", rule->requirement);
		cJSON_AddItemToArray(array, object);
	}
	return admin_send(call, json, err);
}

/* All changes or none. */
static enum msiv2_rc patch_rules(struct admin_call *call, struct msiv2_error *err)
{
	struct rule_modes scratch = world_modes(call->world);
	const cJSON *member;

	cJSON_ArrayForEach(member, call->body) TRY(rule_modes_take(
	        &scratch, member->string, cJSON_GetStringValue(member), &admin_body_blame, err));
	cJSON_ArrayForEach(member, call->body)
	        TRY(world_set_mode(call->world, member->string, member->valuestring, err));
	return get_rules(call, err);
}

static const struct admin_route rows[] = {
        {"GET", "/rules", 0, ENDPOINT_UNKNOWN, get_rules},
        {"PATCH", "/rules", ADMIN_BODY, ENDPOINT_RULES, patch_rules},
};

const struct admin_routes admin_rules_routes = {rows, TEXT_COUNT(rows)};
