/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_revocations.h"

#include "common/text.h"

/* Exactly one of sha256 and all. */
static enum msiv2_rc post_revoke(struct admin_call *call, struct msiv2_error *err)
{
	const cJSON *member = call->body->child;
	const char *sha256 = NULL;

	if (!member || member->next)
		return err_blame(err, &admin_body_blame, "one of sha256 and all is expected");
	if (text_equal(member->string, "all") && cJSON_IsTrue(member)) {
		revocations_add_all(call->world->revocations, world_now_s(call->world));
		return admin_send_ok(call, err);
	}
	TRY(json_need_string(call->body, "sha256", &admin_body_blame, &sha256, err));
	TRY(revocations_add_hex(call->world->revocations, sha256, err));
	return admin_send_ok(call, err);
}

static const struct admin_route rows[] = {
        {"POST", "/revoke", ADMIN_BODY, ENDPOINT_REVOKE, post_revoke},
};

const struct admin_routes admin_revocations_routes = {rows, TEXT_COUNT(rows)};
