/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "fault.h"

#include <stdio.h>

#include "common/mem.h"
#include "common/text.h"
#include "fault_read.h"

static const char *const members[] = {"id",   "fault", "endpoint", "match",
                                      "when", "with",  "enabled"};

static enum msiv2_rc check_members(const cJSON *json, const char *where, struct msiv2_error *err)
{
	const cJSON *member;

	if (!cJSON_IsObject(json))
		return err_set(err, MSIV2_CONFIG, where, "must be an object");
	cJSON_ArrayForEach(member, json)
	{
		bool known = false;

		for (size_t i = 0; i < TEXT_COUNT(members); i++)
			known |= text_equal(members[i], member->string);
		if (!known)
			return fault_blame(err, where, member->string, "unknown member");
	}
	return MSIV2_OK;
}

static const cJSON *get(const cJSON *json, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(json, name);
}

/* Something that can stand in a path and in a line of log. */
static bool is_id(const char *text)
{
	size_t len = strlen(text);

	/* The two are paths of their own. */
	return len > 0 && len < FAULT_ID_SIZE && !text_equal(text, "catalogue") &&
	       !text_equal(text, "unfired") &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	               len;
}

static enum msiv2_rc add_text(cJSON *to, const char *name, const char *text, const char *where,
                              struct msiv2_error *err)
{
	if (!cJSON_AddStringToObject(to, name, text))
		return err_no_memory(err, where);
	return MSIV2_OK;
}

/* "id" and "fault". */
static enum msiv2_rc read_names(struct fault *fault, const cJSON *json, const char *where,
                                struct msiv2_error *err)
{
	const cJSON *id = get(json, "id");
	const char *kind = cJSON_GetStringValue(get(json, "fault"));

	if (id && (!cJSON_IsString(id) || !is_id(id->valuestring)))
		return fault_blame(err, where, "id",
		                   "must be 1 to %d letters, digits, dots, dashes or underscores",
		                   FAULT_ID_SIZE - 1);
	fault->kind = kind ? fault_kind_find(kind) : NULL;
	if (!fault->kind)
		return fault_blame(err, where, "fault",
		                   "must be the name of a fault (see the catalogue)%s%.60s",
		                   kind ? ", not " : "", kind ? kind : "");
	if (id)
		TRY(add_text(fault->json, "id", id->valuestring, where, err));
	return add_text(fault->json, "fault", kind, where, err);
}

/* "endpoint": one that the fault can happen at, or "*" for all of them. */
static enum msiv2_rc read_endpoint(struct fault *fault, const cJSON *json, const char *where,
                                   struct msiv2_error *err)
{
	const cJSON *member = get(json, "endpoint");
	const char *name = member ? cJSON_GetStringValue(member) : "*";
	enum endpoint endpoint;

	fault->endpoints = fault->kind->endpoints;
	if (!text_equal(name, "*")) {
		if (!name || !endpoint_from_name(name, &endpoint))
			return fault_blame(err, where, "endpoint",
			                   "must be the name of an endpoint, or \"*\"");
		fault->endpoints &= FAULT_BIT(endpoint);
		if (!fault->endpoints)
			return fault_blame(err, where, "endpoint", "%s does not happen at %s",
			                   fault->kind->name, name);
	}
	return add_text(fault->json, "endpoint", name, where, err);
}

static enum msiv2_rc read_enabled(struct fault *fault, const cJSON *json, const char *where,
                                  struct msiv2_error *err)
{
	const cJSON *member = get(json, "enabled");

	if (member && !cJSON_IsBool(member))
		return fault_blame(err, where, "enabled", "must be true or false");
	fault->enabled = !member || cJSON_IsTrue(member);
	if (!cJSON_AddBoolToObject(fault->json, "enabled", fault->enabled))
		return err_no_memory(err, where);
	return MSIV2_OK;
}

static enum msiv2_rc read_into(struct fault *fault, const cJSON *json, const char *where,
                               struct msiv2_error *err)
{
	char path[FAULT_PATH_SIZE];

	TRY(read_names(fault, json, where, err));
	TRY(read_endpoint(fault, json, where, err));
	(void)snprintf(path, sizeof(path), "%s.match", where);
	TRY(fault_read_match(get(json, "match"), fault->kind, path, fault->json, err));
	(void)snprintf(path, sizeof(path), "%s.when", where);
	TRY(fault_read_when(get(json, "when"), path, &fault->when, fault->json, err));
	(void)snprintf(path, sizeof(path), "%s.with", where);
	TRY(fault_read_with(get(json, "with"), fault->kind, path, fault->json, err));
	return read_enabled(fault, json, where, err);
}

enum msiv2_rc fault_read(const cJSON *json, const char *where, struct fault **out,
                         struct msiv2_error *err)
{
	OWNED_STRUCT(fault) *fault = mem_alloc(sizeof(*fault));

	*out = NULL;
	if (!fault)
		return err_no_memory(err, where);
	atomic_init(&fault->holders, 1);
	fault->json = cJSON_CreateObject();
	if (!fault->json)
		return err_no_memory(err, where);
	TRY(check_members(json, where, err));
	TRY(read_into(fault, json, where, err));
	fault->id = cJSON_GetStringValue(get(fault->json, "id"));
	if (!fault->id)
		fault->id = "";
	fault->match = get(fault->json, "match");
	fault->with = get(fault->json, "with");
	*out = steal(&fault);
	return MSIV2_OK;
}

static bool has_id(const cJSON *array, const char *id)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		if (id[0] != '\0' && text_equal(cJSON_GetStringValue(get(item, "id")), id))
			return true;
	}
	return false;
}

enum msiv2_rc fault_read_list(const cJSON *array, const char *where, cJSON **out,
                              struct msiv2_error *err)
{
	OWNED(cJSON) *list = cJSON_CreateArray();
	char path[FAULT_PATH_SIZE];
	const cJSON *item;
	int index = 0;

	*out = NULL;
	if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) > FAULTS_MAX)
		return err_set(err, MSIV2_CONFIG, where, "must be an array of at most %d faults",
		               FAULTS_MAX);
	if (!list)
		return err_no_memory(err, where);
	cJSON_ArrayForEach(item, array)
	{
		OWNED_STRUCT(fault) *fault = NULL;

		(void)snprintf(path, sizeof(path), "%s[%d]", where, index++);
		TRY(fault_read(item, path, &fault, err));
		if (has_id(list, fault->id))
			return fault_blame(err, path, "id", "%s is given twice", fault->id);
		if (!cJSON_AddItemToArray(list, fault->json))
			return err_no_memory(err, where);
		fault->json = NULL;
	}
	*out = steal(&list);
	return MSIV2_OK;
}

struct fault *fault_hold(struct fault *fault)
{
	atomic_fetch_add_explicit(&fault->holders, 1, memory_order_relaxed);
	return fault;
}

void fault_release(struct fault *fault)
{
	if (!fault || atomic_fetch_sub_explicit(&fault->holders, 1, memory_order_acq_rel) != 1)
		return;
	cJSON_Delete(fault->json);
	mem_free(fault);
}
