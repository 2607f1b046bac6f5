/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/json.h"
#include "common/text.h"
#include "config.h"
#include "config_items.h"
#include "config_keys.h"
#include "instruments/fault.h"

#define PATH_SIZE 128

/* "section.name", or "name" at the top; an empty name is shown as "". Cut when too long, as the
 * error's place would be. */
static void join(char out[PATH_SIZE], const char *section, const char *name)
{
	if (snprintf(out, PATH_SIZE, "%s%s%s", section, section[0] ? "." : "",
	             name[0] ? name : "\"\"") < 0)
		out[0] = '\0';
}

/* Where reading is: a table over its struct, and the path of its keys in the document. */
struct reader {
	const struct config_table *table;
	void *base;
	struct config *config; /* the whole, for the keys that are of it */
	const char *prefix;    /* "" at the top */
	bool further;          /* a host of `hosts` */
};

static enum msiv2_rc read_members(const struct reader *reader, const char *section,
                                  const cJSON *object, struct msiv2_error *err);

static enum msiv2_rc read_text(const struct config_key *key, const char *path, const cJSON *value,
                               char **slot, struct msiv2_error *err)
{
	const char *text = cJSON_GetStringValue(value);
	bool good;

	if (cJSON_IsNull(value) && key->nullable)
		return config_set_text(slot, NULL, err);
	good = text && (key->valid ? key->valid(text) : text[0] != '\0');
	if (!good)
		return err_set(err, MSIV2_CONFIG, path, "must be %s",
		               key->expected ? key->expected : "a text that is not empty");
	return config_set_text(slot, text, err);
}

static enum msiv2_rc read_integer(const struct config_key *key, const char *path,
                                  const cJSON *parent, const cJSON *value, int64_t *slot,
                                  struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, path};

	if (cJSON_IsNull(value) && key->nullable) {
		*slot = CONFIG_UNSET;
		return MSIV2_OK;
	}
	if (json_need_integer(parent, value->string, key->min, key->max, false, &blame, slot,
	                      NULL) == MSIV2_OK)
		return MSIV2_OK;
	return err_blame(err, &blame, "must be a whole number from %lld to %lld%s",
	                 (long long)key->min, (long long)key->max,
	                 key->nullable ? ", or null" : "");
}

static enum msiv2_rc read_list(const struct config_key *key, const char *path, const cJSON *value,
                               struct config_list *list, struct msiv2_error *err)
{
	const cJSON *item;

	if (!cJSON_IsArray(value) && !(cJSON_IsNull(value) && key->nullable))
		return err_set(err, MSIV2_CONFIG, path, "must be an array of texts");
	config_list_free(list);
	list->unset = cJSON_IsNull(value);
	cJSON_ArrayForEach(item, value)
	{
		if (text_empty(cJSON_GetStringValue(item)))
			return err_set(err, MSIV2_CONFIG, path, "must be an array of texts");
		TRY(config_list_add(list, item->valuestring, path, err));
	}
	return MSIV2_OK;
}

static enum msiv2_rc read_kind(const char *path, const cJSON *value, bool *system,
                               struct msiv2_error *err)
{
	const char *text = cJSON_GetStringValue(value);

	*system = text_equal(text, "system");
	if (!*system && !text_equal(text, "user"))
		return err_set(err, MSIV2_CONFIG, path, "must be \"system\" or \"user\"");
	return MSIV2_OK;
}

static enum msiv2_rc read_identity(const struct reader *reader, const cJSON *value,
                                   struct msiv2_error *err)
{
	const struct config_identity *identity = reader->base;
	const char *where = reader->prefix;

	if (!cJSON_IsObject(value))
		return err_set(err, MSIV2_CONFIG, where, "must be an object");
	TRY(read_members(reader, "", value, err));
	if (!cJSON_GetObjectItemCaseSensitive(value, "kind") || !identity->client_id ||
	    !identity->object_id)
		return err_set(err, MSIV2_CONFIG, where, "needs kind, client_id and object_id");
	if (!identity->system && !identity->resource_id)
		return err_set(err, MSIV2_CONFIG, where,
		               "a user-assigned identity needs a resource_id");
	return MSIV2_OK;
}

/* A new list takes the place of the old one. */
static enum msiv2_rc read_identities(const char *path, const cJSON *value, struct config_host *host,
                                     struct msiv2_error *err)
{
	int items = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
	const cJSON *item;

	if (items < 1 || items > CONFIG_ITEMS_MAX)
		return err_set(err, MSIV2_CONFIG, path, "must be an array of 1 to %d identities",
		               CONFIG_ITEMS_MAX);
	config_clear_identities(host);
	cJSON_ArrayForEach(item, value)
	{
		char prefix[PATH_SIZE + 24]; /* and an index */
		struct config_identity *identity = NULL;

		(void)snprintf(prefix, sizeof(prefix), "%s[%zu]", path, host->identity_count);
		TRY(config_add_identity(host, &identity, path, err));
		TRY(read_identity(&(struct reader){.table = &config_identity_table,
		                                   .base = identity,
		                                   .prefix = prefix},
		                  item, err));
	}
	return MSIV2_OK;
}

/* One host of `hosts`: its keys are changed, null takes it out. */
static enum msiv2_rc read_further_host(struct config *config, const char *path, const cJSON *value,
                                       struct msiv2_error *err)
{
	struct config_host *host = NULL;

	if (cJSON_IsNull(value)) {
		config_remove_host(config, value->string);
		return MSIV2_OK;
	}
	if (!cJSON_IsObject(value))
		return err_set(err, MSIV2_CONFIG, path, "must be an object, or null");
	TRY(config_need_host(config, value->string, &host, path, err));
	return read_members(
	        &(struct reader){
	                .table = &config_host_table, .base = host, .prefix = path, .further = true},
	        "", value, err);
}

static enum msiv2_rc read_tenant(struct config *config, const char *path, const cJSON *value,
                                 struct msiv2_error *err)
{
	struct config_tenant *tenant = NULL;

	if (cJSON_IsNull(value)) {
		config_remove_tenant(config, value->string);
		return MSIV2_OK;
	}
	if (!cJSON_IsObject(value))
		return err_set(err, MSIV2_CONFIG, path, "must be an object, or null");
	TRY(config_need_tenant(config, value->string, &tenant, path, err));
	return read_members(
	        &(struct reader){.table = &config_tenant_table, .base = tenant, .prefix = path}, "",
	        value, err);
}

static enum msiv2_rc read_rule(struct config *config, const char *path, const cJSON *value,
                               struct msiv2_error *err)
{
	if (!cJSON_IsString(value))
		return err_set(err, MSIV2_CONFIG, path, "must be a mode");
	return config_rule_add(config, value->string, value->valuestring, path, err);
}

/* An object whose members have names of their own. */
static enum msiv2_rc read_named(struct config *config, const char *path, const cJSON *value,
                                const char *expected,
                                enum msiv2_rc (*read)(struct config *config, const char *path,
                                                      const cJSON *value, struct msiv2_error *err),
                                struct msiv2_error *err)
{
	const cJSON *member;

	if (!cJSON_IsObject(value))
		return err_set(err, MSIV2_CONFIG, path, "must be an object of %s", expected);
	cJSON_ArrayForEach(member, value)
	{
		char inner[PATH_SIZE];

		join(inner, path, member->string);
		TRY(read(config, inner, member, err));
	}
	return MSIV2_OK;
}

static enum msiv2_rc read_host(const char *path, const cJSON *value, struct config_host *host,
                               struct msiv2_error *err)
{
	if (!cJSON_IsObject(value))
		return err_set(err, MSIV2_CONFIG, path, "must be an object");
	return read_members(
	        &(struct reader){.table = &config_host_table, .base = host, .prefix = path}, "",
	        value, err);
}

static enum msiv2_rc read_bool(const char *path, const cJSON *value, bool *slot,
                               struct msiv2_error *err)
{
	if (!cJSON_IsBool(value))
		return err_set(err, MSIV2_CONFIG, path, "must be true or false");
	*slot = cJSON_IsTrue(value);
	return MSIV2_OK;
}

static enum msiv2_rc read_faults(const char *path, const cJSON *value, cJSON **slot,
                                 struct msiv2_error *err)
{
	cJSON *list = NULL;

	TRY(fault_read_list(value, path, &list, err));
	cJSON_Delete(*slot);
	*slot = list;
	return MSIV2_OK;
}

static enum msiv2_rc read_key(const struct reader *reader, const struct config_key *key,
                              const char *path, const cJSON *parent, const cJSON *value,
                              struct msiv2_error *err)
{
	void *member = (char *)reader->base + key->offset;
	struct config *config = reader->config;

	switch (key->type) {
	case CONFIG_TEXT:
		return read_text(key, path, value, member, err);
	case CONFIG_INTEGER:
		return read_integer(key, path, parent, value, member, err);
	case CONFIG_BOOL:
		return read_bool(path, value, member, err);
	case CONFIG_LIST:
		return read_list(key, path, value, member, err);
	case CONFIG_KIND:
		return read_kind(path, value, member, err);
	case CONFIG_HOST:
		return read_host(path, value, member, err);
	case CONFIG_IDENTITIES:
		return read_identities(path, value, member, err);
	case CONFIG_HOSTS:
		return read_named(config, path, value, "name: host", read_further_host, err);
	case CONFIG_TENANTS:
		return read_named(config, path, value, "id: tenant", read_tenant, err);
	case CONFIG_FAULTS:
		return read_faults(path, value, member, err);
	case CONFIG_RULES:
		return read_named(config, path, value, "rule: mode", read_rule, err);
	}
	return err_set(err, MSIV2_INTERNAL, path, "key without type");
}

/* Reads the members of one section; "" is the table's top, and only the top has sections. */
static enum msiv2_rc read_members(const struct reader *reader, const char *section,
                                  const cJSON *object, struct msiv2_error *err)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, object)
	{
		char name[PATH_SIZE], path[PATH_SIZE];
		const struct config_key *key;

		join(name, section, member->string);
		join(path, reader->prefix, name);
		/* A dot in a name would make it look like a section's member. */
		key = strchr(member->string, '.') ? NULL : config_table_find(reader->table, name);
		if (key && (reader->further || !key->further))
			TRY(read_key(reader, key, path, object, member, err));
		else if (key || section[0] != '\0' ||
		         !config_table_has_section(reader->table, name))
			return err_set(err, MSIV2_CONFIG, path, "unknown configuration key");
		else if (!cJSON_IsObject(member))
			return err_set(err, MSIV2_CONFIG, path, "must be an object");
		else
			TRY(read_members(reader, name, member, err));
	}
	return MSIV2_OK;
}

enum msiv2_rc config_read_json(struct config *config, const cJSON *json, struct msiv2_error *err)
{
	const struct reader reader = {
	        .table = &config_top, .base = config, .config = config, .prefix = ""};

	return read_members(&reader, "", json, err);
}

enum msiv2_rc config_read_identity(struct config_host *host, const cJSON *json,
                                   struct msiv2_error *err)
{
	struct config_identity *identity = NULL;

	TRY(config_add_identity(host, &identity, "identity", err));
	return read_identity(&(struct reader){.table = &config_identity_table,
	                                      .base = identity,
	                                      .prefix = "identity"},
	                     json, err);
}

enum msiv2_rc config_read(struct config *config, const void *text, size_t len,
                          struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_CONFIG, "config"};
	OWNED(cJSON) *json = NULL;

	TRY(json_parse_object(text, len, &blame, &json, err));
	return config_read_json(config, json, err);
}

enum msiv2_rc config_read_file(struct config *config, const char *path, cJSON **out,
                               struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, path};
	OWNED_STRUCT(bytes) text = {0};
	OWNED(cJSON) *json = NULL;
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	TRY(files_read(path, CONFIG_FILE_MAX, MSIV2_CONFIG, &text, err));
	TRY(json_parse_object(text.data, text.len, &blame, &json, err));
	/* A key alone does not say which file it is in. */
	rc = config_read_json(config, json, &why);
	if (rc != MSIV2_OK)
		return err_set(err, rc, path, "%s: %s", why.where, why.message);
	if (out)
		*out = steal(&json);
	return MSIV2_OK;
}
