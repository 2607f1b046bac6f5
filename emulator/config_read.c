/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "config.h"
#include "config_keys.h"

#define WHERE     "config"
#define PATH_SIZE 96

/* "section.name", or "name" at the top; an empty name is shown as "". Cut when too long, as the
 * error's place would be. */
static void join(char out[PATH_SIZE], const char *section, const char *name)
{
	if (snprintf(out, PATH_SIZE, "%s%s%s", section, section[0] ? "." : "",
	             name[0] ? name : "\"\"") < 0)
		out[0] = '\0';
}

static const struct config_key *find_key(const char *path)
{
	size_t count = 0;
	const struct config_key *keys = config_keys(&count);

	for (size_t i = 0; i < count; i++)
		if (text_equal(keys[i].path, path))
			return &keys[i];
	return NULL;
}

/* Some key lies in the section of that name. */
static bool is_section(const char *path)
{
	size_t count = 0;
	const struct config_key *keys = config_keys(&count);
	size_t len = strlen(path);

	for (size_t i = 0; i < count; i++)
		if (strncmp(keys[i].path, path, len) == 0 && keys[i].path[len] == '.')
			return true;
	return false;
}

static enum msiv2_rc read_text(const struct config_key *key, const cJSON *value, char **slot,
                               struct msiv2_error *err)
{
	const char *text = cJSON_GetStringValue(value);
	bool good;

	if (cJSON_IsNull(value) && key->nullable)
		return config_set_text(slot, NULL, err);
	good = text && (key->valid ? key->valid(text) : text[0] != '\0');
	if (!good)
		return err_set(err, MSIV2_CONFIG, key->path, "must be %s",
		               key->expected ? key->expected : "a text that is not empty");
	return config_set_text(slot, text, err);
}

static enum msiv2_rc read_list(const char *path, const cJSON *value, struct config_list *list,
                               struct msiv2_error *err)
{
	const cJSON *item;

	if (!cJSON_IsArray(value))
		return err_set(err, MSIV2_CONFIG, path, "must be an array of texts");
	config_list_free(list);
	cJSON_ArrayForEach(item, value)
	{
		if (text_empty(cJSON_GetStringValue(item)))
			return err_set(err, MSIV2_CONFIG, path, "must be an array of texts");
		TRY(config_list_add(list, item->valuestring, path, err));
	}
	return MSIV2_OK;
}

/* One member of one identity. */
static enum msiv2_rc read_identity_member(struct config_identity *identity, const cJSON *member,
                                          const char *path, struct msiv2_error *err)
{
	const char *name = member->string;
	const char *text = cJSON_GetStringValue(member);

	if (text_equal(name, "kind")) {
		identity->system = text_equal(text, "system");
		if (!identity->system && !text_equal(text, "user"))
			return err_set(err, MSIV2_CONFIG, path, "must be \"system\" or \"user\"");
		return MSIV2_OK;
	}
	if (text_equal(name, "resource_id")) {
		if (text_empty(text) && !cJSON_IsNull(member))
			return err_set(err, MSIV2_CONFIG, path, "must be a text, or null");
		return config_set_text(&identity->resource_id, text, err);
	}
	if (!text_equal(name, "client_id") && !text_equal(name, "object_id"))
		return err_set(err, MSIV2_CONFIG, path, "unknown configuration key");
	if (!text || !text_is_uuid(text))
		return err_set(err, MSIV2_CONFIG, path, "must be a UUID");
	return config_set_text(text_equal(name, "client_id") ? &identity->client_id
	                                                     : &identity->object_id,
	                       text, err);
}

static enum msiv2_rc read_identity(struct config_identity *identity, const cJSON *value,
                                   size_t index, struct msiv2_error *err)
{
	char path[PATH_SIZE];
	char section[32];
	const cJSON *member;

	if (snprintf(section, sizeof(section), "identities[%zu]", index) < 0)
		section[0] = '\0';
	if (!cJSON_IsObject(value))
		return err_set(err, MSIV2_CONFIG, section, "must be an object");
	cJSON_ArrayForEach(member, value)
	{
		join(path, section, member->string);
		TRY(read_identity_member(identity, member, path, err));
	}
	if (!cJSON_GetObjectItemCaseSensitive(value, "kind") || !identity->client_id ||
	    !identity->object_id)
		return err_set(err, MSIV2_CONFIG, section, "needs kind, client_id and object_id");
	if (!identity->system && !identity->resource_id)
		return err_set(err, MSIV2_CONFIG, section,
		               "a user-assigned identity needs a resource_id");
	return MSIV2_OK;
}

static enum msiv2_rc read_identities(struct config_host *host, const cJSON *value,
                                     struct msiv2_error *err)
{
	int items = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
	OWNED_STRUCT(config) scratch = {0};
	struct config_host *fresh = &scratch.host;
	const cJSON *item;

	if (items < 1 || items > CONFIG_ITEMS_MAX)
		return err_set(err, MSIV2_CONFIG, "identities",
		               "must be an array of 1 to %d identities", CONFIG_ITEMS_MAX);
	fresh->identities = mem_alloc((size_t)items * sizeof(*fresh->identities));
	if (!fresh->identities)
		return err_no_memory(err, WHERE);
	cJSON_ArrayForEach(item, value)
	{
		size_t index = fresh->identity_count++;

		TRY(read_identity(&fresh->identities[index], item, index, err));
	}
	/* Swap, so that the old ones are freed with the local. */
	struct config_identity *old = host->identities;
	size_t old_count = host->identity_count;

	host->identities = fresh->identities;
	host->identity_count = fresh->identity_count;
	fresh->identities = old;
	fresh->identity_count = old_count;
	return MSIV2_OK;
}

static enum msiv2_rc read_rules(struct config *config, const cJSON *value, struct msiv2_error *err)
{
	const cJSON *member;

	if (!cJSON_IsObject(value))
		return err_set(err, MSIV2_CONFIG, "rules", "must be an object of rule: mode");
	cJSON_ArrayForEach(member, value)
	{
		char path[PATH_SIZE];

		join(path, "rules", member->string);
		if (!cJSON_IsString(member))
			return err_set(err, MSIV2_CONFIG, path, "must be a mode");
		TRY(config_rule_add(config, member->string, member->valuestring, path, err));
	}
	return MSIV2_OK;
}

static enum msiv2_rc read_key(struct config *config, const struct config_key *key,
                              const cJSON *parent, const cJSON *value, struct msiv2_error *err)
{
	void *member = (char *)config + key->offset;
	const struct blame blame = {MSIV2_CONFIG, key->path};

	switch (key->type) {
	case CONFIG_TEXT:
		return read_text(key, value, member, err);
	case CONFIG_INTEGER:
		if (json_need_integer(parent, value->string, key->min, key->max, false, &blame,
		                      member, NULL) == MSIV2_OK)
			return MSIV2_OK;
		return err_blame(err, &blame, "must be a whole number from %lld to %lld",
		                 (long long)key->min, (long long)key->max);
	case CONFIG_BOOL:
		if (!cJSON_IsBool(value))
			return err_set(err, MSIV2_CONFIG, key->path, "must be true or false");
		*(bool *)member = cJSON_IsTrue(value);
		return MSIV2_OK;
	case CONFIG_LIST:
		return read_list(key->path, value, member, err);
	case CONFIG_IDENTITIES:
		return read_identities(&config->host, value, err);
	case CONFIG_RULES:
		return read_rules(config, value, err);
	}
	return err_set(err, MSIV2_INTERNAL, key->path, "key without type");
}

/* Reads the members of one section; "" is the top, and only the top has sections. */
static enum msiv2_rc read_section(struct config *config, const char *section, const cJSON *object,
                                  struct msiv2_error *err)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, object)
	{
		char path[PATH_SIZE];
		const struct config_key *key;

		join(path, section, member->string);
		/* A dot in a name would make it look like a section's member. */
		key = strchr(member->string, '.') ? NULL : find_key(path);
		if (key)
			TRY(read_key(config, key, object, member, err));
		else if (section[0] != '\0' || !is_section(path))
			return err_set(err, MSIV2_CONFIG, path, "unknown configuration key");
		else if (!cJSON_IsObject(member))
			return err_set(err, MSIV2_CONFIG, path, "must be an object");
		else
			TRY(read_section(config, path, member, err));
	}
	return MSIV2_OK;
}

static enum msiv2_rc read_blamed(struct config *config, const void *text, size_t len,
                                 const char *where, struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, where};
	OWNED(cJSON) *json = NULL;

	TRY(json_parse_object(text, len, &blame, &json, err));
	return read_section(config, "", json, err);
}

enum msiv2_rc config_read_json(struct config *config, const cJSON *json, struct msiv2_error *err)
{
	return read_section(config, "", json, err);
}

enum msiv2_rc config_read(struct config *config, const void *text, size_t len,
                          struct msiv2_error *err)
{
	return read_blamed(config, text, len, WHERE, err);
}

enum msiv2_rc config_read_file(struct config *config, const char *path, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	TRY(files_read(path, CONFIG_FILE_MAX, MSIV2_CONFIG, &text, err));
	rc = read_blamed(config, text.data, text.len, path, &why);
	if (rc == MSIV2_OK)
		return MSIV2_OK;
	/* A key alone does not say which file it is in. */
	if (text_equal(why.where, path))
		return err_set(err, rc, path, "%s", why.message);
	return err_set(err, rc, path, "%s: %s", why.where, why.message);
}
