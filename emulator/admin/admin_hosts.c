/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_hosts.h"

#include "common/mem.h"
#include "common/text.h"
#include "emulator/config_find.h"
#include "emulator/config_items.h"
#include "emulator/host_listeners.h"

#define WHERE "hosts"

/* One edit of a host, made on a copy of the configuration. */
struct host_edit {
	const char *name;
	const cJSON *body; /* of the host, or of the identity; NULL where something is removed */
	const char *client_id; /* of the identity that is removed */
	int status;            /* 0, or why it is no edit: 404, 409 */
	const char *reason;
};

static enum msiv2_rc give_up(struct host_edit *edit, int status, const char *reason,
                             struct msiv2_error *err)
{
	edit->status = status;
	edit->reason = reason;
	return err_set(err, MSIV2_CONFIG, WHERE, "%s", reason);
}

/* The host that an edit is about, NULL after give_up(). */
static struct config_host *find(struct host_edit *edit, struct config *config,
                                struct msiv2_error *err)
{
	const struct config_host *host = config_find_host(config, edit->name);

	if (host == &config->host)
		return &config->host;
	for (size_t i = 0; i < config->host_count; i++)
		if (host == &config->hosts[i])
			return &config->hosts[i];
	(void)give_up(edit, 404, "no host of that name", err);
	return NULL;
}

/* Reads {"host":BODY}, or {"hosts":{NAME:BODY}}, over the configuration. */
static enum msiv2_rc read_host(struct config *config, const char *name, const cJSON *body,
                               struct msiv2_error *err)
{
	bool is_default = text_equal(name, CONFIG_HOST_NAME);
	OWNED(cJSON) *patch = cJSON_CreateObject();
	cJSON *parent = is_default ? patch : cJSON_AddObjectToObject(patch, "hosts");

	if (!cJSON_AddItemToObject(parent, is_default ? "host" : name, cJSON_Duplicate(body, true)))
		return err_no_memory(err, WHERE);
	return config_read_json(config, patch, err);
}

static enum msiv2_rc edit_add(void *ctx, struct config *config, struct msiv2_error *err)
{
	struct host_edit *edit = ctx;

	if (config_find_host(config, edit->name))
		return give_up(edit, 409, "there is a host of that name", err);
	return read_host(config, edit->name, edit->body, err);
}

static enum msiv2_rc edit_change(void *ctx, struct config *config, struct msiv2_error *err)
{
	struct host_edit *edit = ctx;
	const struct config_host *host = find(edit, config, err);

	return host ? read_host(config, host->name, edit->body, err) : MSIV2_CONFIG;
}

static enum msiv2_rc edit_remove(void *ctx, struct config *config, struct msiv2_error *err)
{
	struct host_edit *edit = ctx;
	const struct config_host *host = find(edit, config, err);

	if (!host)
		return MSIV2_CONFIG;
	if (host == &config->host)
		return give_up(edit, 409, "the default host stays", err);
	config_remove_host(config, host->name);
	return MSIV2_OK;
}

static enum msiv2_rc edit_add_identity(void *ctx, struct config *config, struct msiv2_error *err)
{
	struct host_edit *edit = ctx;
	struct config_host *host = find(edit, config, err);

	return host ? config_read_identity(host, edit->body, err) : MSIV2_CONFIG;
}

static enum msiv2_rc edit_remove_identity(void *ctx, struct config *config, struct msiv2_error *err)
{
	struct host_edit *edit = ctx;
	struct config_host *host = find(edit, config, err);

	if (!host)
		return MSIV2_CONFIG;
	if (!config_remove_identity(host, edit->client_id))
		return give_up(edit, 404, "the host has no identity of that client id", err);
	return MSIV2_OK;
}

/* Makes the edit; what it gave up on is answered and is no failure. */
static enum msiv2_rc make(struct admin_call *call, world_edit_fn edit, struct host_edit *of,
                          bool *made, struct msiv2_error *err)
{
	enum msiv2_rc rc = world_edit(call->world, edit, of, err);

	*made = rc == MSIV2_OK;
	if (rc == MSIV2_OK || of->status == 0)
		return rc;
	return admin_send_problem(call, of->status, of->reason);
}

/* One host with the address of its IMDS, added to an object under its name. */
static bool add_host(cJSON *hosts, const char *name, cJSON *host, const char *address)
{
	return cJSON_AddItemToObject(hosts, name, host) &&
	       (!address || cJSON_AddStringToObject(host, "imds", address));
}

/* All of them: {"default":{...,"imds":"http://..."},...}. */
static cJSON *hosts_json(struct world *world)
{
	struct snapshot *snapshot = world_hold(world);
	OWNED(cJSON) *config = config_json(&snapshot->config);
	OWNED(cJSON) *urls =
	        world->listeners ? host_listeners_json(world->listeners) : cJSON_CreateObject();
	OWNED(cJSON) *hosts = cJSON_CreateObject();
	cJSON *first = cJSON_DetachItemFromObjectCaseSensitive(config, "host");
	cJSON *further = cJSON_GetObjectItemCaseSensitive(config, "hosts");
	bool whole;

	snapshot_release(snapshot);
	whole = add_host(hosts, CONFIG_HOST_NAME, first, world->imds_base) &&
	        cJSON_AddItemToObject(
	                first, "identities",
	                cJSON_DetachItemFromObjectCaseSensitive(config, "identities"));
	while (whole && further && further->child) {
		cJSON *host = cJSON_DetachItemViaPointer(further, further->child);
		OWNED(mem_text) *name = mem_strdup(host->string);

		whole = name && add_host(hosts, name, host,
		                         cJSON_GetStringValue(
		                                 cJSON_GetObjectItemCaseSensitive(urls, name)));
	}
	return whole ? steal(&hosts) : NULL;
}

static enum msiv2_rc get_hosts(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *json = cJSON_CreateObject();

	if (!cJSON_AddItemToObject(json, "hosts", hosts_json(call->world)))
		return err_no_memory(err, WHERE);
	return admin_send(call, json, err);
}

/* Answers one host, as it is listed, with its name. */
static enum msiv2_rc send_host(struct admin_call *call, const char *name, struct msiv2_error *err)
{
	OWNED(cJSON) *hosts = hosts_json(call->world);
	cJSON *host = cJSON_GetObjectItem(hosts, name);

	if (!hosts)
		return err_no_memory(err, WHERE);
	if (!host)
		return admin_send_problem(call, 404, "no host of that name");
	if (!cJSON_AddStringToObject(host, "name", host->string))
		return err_no_memory(err, WHERE);
	return admin_send(call, host, err);
}

static enum msiv2_rc get_host(struct admin_call *call, struct msiv2_error *err)
{
	return send_host(call, admin_path_param(&call->params, "name"), err);
}

/* The body is a host with its name. */
static enum msiv2_rc post_host(struct admin_call *call, struct msiv2_error *err)
{
	OWNED(cJSON) *body = cJSON_Duplicate(call->body, true);
	struct host_edit edit = {.body = body};
	bool made = false;

	TRY(json_need_string(call->body, "name", &admin_body_blame, &edit.name, err));
	cJSON_DeleteItemFromObjectCaseSensitive(body, "name");
	TRY(make(call, edit_add, &edit, &made, err));
	if (!made)
		return MSIV2_OK;
	call->response->status = 201;
	return send_host(call, edit.name, err);
}

static enum msiv2_rc patch_host(struct admin_call *call, struct msiv2_error *err)
{
	struct host_edit edit = {.name = admin_path_param(&call->params, "name"),
	                         .body = call->body};
	bool made = false;

	TRY(make(call, edit_change, &edit, &made, err));
	return made ? send_host(call, edit.name, err) : MSIV2_OK;
}

static enum msiv2_rc delete_host(struct admin_call *call, struct msiv2_error *err)
{
	struct host_edit edit = {.name = admin_path_param(&call->params, "name")};
	bool made = false;

	TRY(make(call, edit_remove, &edit, &made, err));
	return made ? admin_send_ok(call, err) : MSIV2_OK;
}

static enum msiv2_rc post_identity(struct admin_call *call, struct msiv2_error *err)
{
	struct host_edit edit = {.name = admin_path_param(&call->params, "name"),
	                         .body = call->body};
	bool made = false;

	TRY(make(call, edit_add_identity, &edit, &made, err));
	if (!made)
		return MSIV2_OK;
	call->response->status = 201;
	return send_host(call, edit.name, err);
}

static enum msiv2_rc delete_identity(struct admin_call *call, struct msiv2_error *err)
{
	struct host_edit edit = {.name = admin_path_param(&call->params, "name"),
	                         .client_id = admin_path_param(&call->params, "client_id")};
	bool made = false;

	TRY(make(call, edit_remove_identity, &edit, &made, err));
	return made ? send_host(call, edit.name, err) : MSIV2_OK;
}

static const struct admin_route rows[] = {
        {"GET", "/hosts", 0, ENDPOINT_UNKNOWN, get_hosts},
        {"POST", "/hosts", ADMIN_BODY, ENDPOINT_WORLD, post_host},
        {"GET", "/hosts/{name}", 0, ENDPOINT_UNKNOWN, get_host},
        {"PATCH", "/hosts/{name}", ADMIN_BODY, ENDPOINT_WORLD, patch_host},
        {"DELETE", "/hosts/{name}", 0, ENDPOINT_WORLD, delete_host},
        {"POST", "/hosts/{name}/identities", ADMIN_BODY, ENDPOINT_WORLD, post_identity},
        {"DELETE", "/hosts/{name}/identities/{client_id}", 0, ENDPOINT_WORLD, delete_identity},
};

const struct admin_routes admin_hosts_routes = {rows, TEXT_COUNT(rows)};
