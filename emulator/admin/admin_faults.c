/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_faults.h"

#include "common/text.h"
#include "emulator/instruments/fault_kind.h"
#include "emulator/instruments/faults.h"

#define WHERE "admin"

/* Answers {"faults":[...]}; the list is taken over. */
static enum msiv2_rc send_list(struct admin_call *call, cJSON *list, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	if (!cJSON_AddItemToObject(json, "faults", list)) {
		cJSON_Delete(list);
		return err_no_memory(err, WHERE);
	}
	return admin_send(call, json, err);
}

static enum msiv2_rc get_faults(struct admin_call *call, struct msiv2_error *err)
{
	return send_list(call, faults_list(call->world->faults), err);
}

static enum msiv2_rc get_unfired(struct admin_call *call, struct msiv2_error *err)
{
	return send_list(call, faults_unfired(call->world->faults), err);
}

static enum msiv2_rc get_catalogue(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = fault_catalogue_json();

	return admin_send(call, json, err);
}

/* Answers one fault, or why there is none. */
static enum msiv2_rc send_found(struct admin_call *call, enum faults_found found,
                                const cJSON *shown, struct msiv2_error *err)
{
	if (found == FAULTS_NOT_FOUND)
		return admin_send_problem(call, 404, "no fault of that id");
	if (found == FAULTS_TAKEN)
		return admin_send_problem(call, 409, "there is a fault of that id");
	if (found == FAULTS_FULL)
		return admin_send_problem(call, 409, "there are as many faults as can be");
	return admin_send(call, shown, err);
}

static enum msiv2_rc post_fault(struct admin_call *call, struct msiv2_error *err)
{
	enum faults_found found;
	OWNED(cJSON) *shown = NULL;

	TRY(faults_add(call->world->faults, call->body, admin_body_blame.where, &found, &shown,
	               err));
	call->response->status = 201;
	return send_found(call, found, shown, err);
}

static enum msiv2_rc delete_faults(struct admin_call *call, struct msiv2_error *err)
{
	faults_clear(call->world->faults);
	return admin_send_ok(call, err);
}

static enum msiv2_rc get_fault(struct admin_call *call, struct msiv2_error *err)
{
	enum faults_found found;
	OWNED(cJSON) *shown =
	        faults_get(call->world->faults, admin_path_param(&call->params, "id"), &found);

	return send_found(call, found, shown, err);
}

static enum msiv2_rc patch_fault(struct admin_call *call, struct msiv2_error *err)
{
	enum faults_found found;
	OWNED(cJSON) *shown = NULL;

	TRY(faults_patch(call->world->faults, admin_path_param(&call->params, "id"), call->body,
	                 admin_body_blame.where, &found, &shown, err));
	return send_found(call, found, shown, err);
}

static enum msiv2_rc delete_fault(struct admin_call *call, struct msiv2_error *err)
{
	if (faults_remove(call->world->faults, admin_path_param(&call->params, "id")) ==
	    FAULTS_FOUND)
		return admin_send_ok(call, err);
	return admin_send_problem(call, 404, "no fault of that id");
}

static const struct admin_route rows[] = {
        {"GET", "/faults", 0, ENDPOINT_UNKNOWN, get_faults},
        {"POST", "/faults", ADMIN_BODY, ENDPOINT_FAULTS, post_fault},
        {"DELETE", "/faults", 0, ENDPOINT_FAULTS, delete_faults},
        {"GET", "/faults/catalogue", 0, ENDPOINT_UNKNOWN, get_catalogue},
        {"GET", "/faults/unfired", 0, ENDPOINT_UNKNOWN, get_unfired},
        {"GET", "/faults/{id}", 0, ENDPOINT_UNKNOWN, get_fault},
        {"PATCH", "/faults/{id}", ADMIN_BODY, ENDPOINT_FAULTS, patch_fault},
        {"DELETE", "/faults/{id}", 0, ENDPOINT_FAULTS, delete_fault},
};

const struct admin_routes admin_faults_routes = {rows, TEXT_COUNT(rows)};
