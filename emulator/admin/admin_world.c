/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_world.h"

#include "common/text.h"

static enum msiv2_rc get_world(struct admin_call *call, struct msiv2_error *err)
{
	struct snapshot *snapshot = world_hold(call->world);
	OWNED(cJSON) *json = config_json(&snapshot->config);

	snapshot_release(snapshot);
	return admin_send(call, json, err);
}

static enum msiv2_rc patch_world(struct admin_call *call, struct msiv2_error *err)
{
	TRY(world_change(call->world, call->body, err));
	return get_world(call, err);
}

static const struct admin_route rows[] = {
        {"GET", "/world", 0, ENDPOINT_UNKNOWN, get_world},
        {"PATCH", "/world", ADMIN_BODY, ENDPOINT_WORLD, patch_world},
};

const struct admin_routes admin_world_routes = {rows, TEXT_COUNT(rows)};
