/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_status.h"

#include "admin.h"
#include "common/text.h"

/* Without a key for tokens half of the world does not work. */
static enum msiv2_rc get_health(struct admin_call *call, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) detail = {0};
	struct msiv2_error why = {0};

	if (tokens_ready(call->world->tokens, &why) == MSIV2_OK)
		return admin_send_ok(call, err);
	bytes_addf(&detail, "no key for tokens: %s: %s", msiv2_error_where(&why),
	           msiv2_error_message(&why));
	TRY(bytes_done(&detail, "admin", err));
	admin_problem(call->response, 503, bytes_text(&detail));
	return MSIV2_OK;
}

static enum msiv2_rc get_version(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "name", "msiv2-emulator");
	cJSON_AddStringToObject(json, "version", MSIV2_VERSION_TEXT);
	cJSON_AddStringToObject(json, "notice", "NOT FOR PRODUCTION"); /* SEC-02 */
	return admin_send(call, json, err);
}

static enum msiv2_rc post_reset(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();
	cJSON *unfired = faults_unfired(call->world->faults);

	/* What was defined for nothing until now: afterwards nobody could tell. */
	cJSON_AddStringToObject(json, "status", "ok");
	if (!cJSON_AddItemToObject(json, "unfired", unfired)) {
		cJSON_Delete(unfired);
		return err_no_memory(err, "admin");
	}
	TRY(world_reset(call->world, err));
	return admin_send(call, json, err);
}

static enum msiv2_rc get_ca(struct admin_call *call, struct msiv2_error *err)
{
	call->response->content_type = "application/x-pem-file";
	bytes_add_text(&call->response->body, call->world->ca_pem);
	return bytes_done(&call->response->body, "admin", err);
}

static const struct admin_route rows[] = {
        {"GET", "/health", ADMIN_OPEN, ENDPOINT_UNKNOWN, get_health},
        {"GET", "/version", 0, ENDPOINT_UNKNOWN, get_version},
        {"POST", "/reset", 0, ENDPOINT_RESET, post_reset},
        {"GET", "/ca.pem", 0, ENDPOINT_UNKNOWN, get_ca},
};

const struct admin_routes admin_status_routes = {rows, TEXT_COUNT(rows)};
