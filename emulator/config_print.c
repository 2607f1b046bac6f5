/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "config.h"
#include "config_keys.h"

static cJSON *text_or_null(const char *text)
{
	return text ? cJSON_CreateString(text) : cJSON_CreateNull();
}

static cJSON *table_json(const struct config *config, const struct config_table *table,
                         const void *base, bool further);

static cJSON *list_of(const struct config_list *list)
{
	OWNED(cJSON) *array = list->unset ? cJSON_CreateNull() : cJSON_CreateArray();

	for (size_t i = 0; i < list->count; i++)
		if (!json_push(array, cJSON_CreateString(list->items[i])))
			return NULL;
	return steal(&array);
}

static cJSON *identities_of(const struct config_host *host)
{
	OWNED(cJSON) *array = cJSON_CreateArray();

	for (size_t i = 0; i < host->identity_count; i++)
		if (!json_push(array, table_json(NULL, &config_identity_table, &host->identities[i],
		                                 false)))
			return NULL;
	return steal(&array);
}

static cJSON *hosts_of(const struct config *config)
{
	OWNED(cJSON) *object = cJSON_CreateObject();

	for (size_t i = 0; i < config->host_count; i++)
		if (!json_add(object, config->hosts[i].name,
		              table_json(NULL, &config_host_table, &config->hosts[i], true)))
			return NULL;
	return steal(&object);
}

static cJSON *tenants_of(const struct config *config)
{
	OWNED(cJSON) *object = cJSON_CreateObject();

	for (size_t i = 0; i < config->tenant_count; i++)
		if (!json_add(object, config->tenants[i].id,
		              table_json(NULL, &config_tenant_table, &config->tenants[i], false)))
			return NULL;
	return steal(&object);
}

static cJSON *integer_of(const struct config_key *key, int64_t number)
{
	if (key->nullable && number == CONFIG_UNSET)
		return cJSON_CreateNull();
	return cJSON_CreateNumber((double)number);
}

/* The last mode of each rule text counts, so a text is shown once, where it was last set. */
static cJSON *rules_of(const struct config *config)
{
	OWNED(cJSON) *object = cJSON_CreateObject();

	for (size_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *row = &config->rules[i];

		cJSON_DeleteItemFromObjectCaseSensitive(object, row->rule);
		if (!cJSON_AddStringToObject(object, row->rule, row->mode))
			return NULL;
	}
	return steal(&object);
}

static cJSON *value_of(const struct config *config, const struct config_key *key, const void *base)
{
	const void *member = (const char *)base + key->offset;

	switch (key->type) {
	case CONFIG_TEXT:
		return text_or_null(*(char *const *)member);
	case CONFIG_INTEGER:
		return integer_of(key, *(const int64_t *)member);
	case CONFIG_BOOL:
		return cJSON_CreateBool(*(const bool *)member);
	case CONFIG_LIST:
		return list_of(member);
	case CONFIG_KIND:
		return cJSON_CreateString(*(const bool *)member ? "system" : "user");
	case CONFIG_HOST:
		return table_json(config, &config_host_table, member, false);
	case CONFIG_IDENTITIES:
		return identities_of(member);
	case CONFIG_HOSTS:
		return hosts_of(config);
	case CONFIG_TENANTS:
		return tenants_of(config);
	case CONFIG_RULES:
		return rules_of(config);
	case CONFIG_FAULTS:
		return config->faults ? cJSON_Duplicate(config->faults, true) : cJSON_CreateArray();
	}
	return NULL;
}

/* The object that holds a key, and the key's name in it; sections are made when first met. */
static cJSON *section_of(cJSON *root, const struct config_key *key, const char **name)
{
	const char *dot = strchr(key->path, '.');
	char section[32] = "";
	cJSON *object;

	if (!dot) {
		*name = key->path;
		return root;
	}
	memcpy(section, key->path, (size_t)(dot - key->path));
	*name = dot + 1;
	object = cJSON_GetObjectItemCaseSensitive(root, section);
	return object ? object : cJSON_AddObjectToObject(root, section);
}

static cJSON *table_json(const struct config *config, const struct config_table *table,
                         const void *base, bool further)
{
	OWNED(cJSON) *root = cJSON_CreateObject();

	for (size_t i = 0; i < table->count; i++) {
		const struct config_key *key = &table->keys[i];
		const char *name = NULL;
		cJSON *section;

		if (key->further && !further)
			continue;
		section = section_of(root, key, &name);
		if (!json_add(section, name, value_of(config, key, base)))
			return NULL;
	}
	return steal(&root);
}

cJSON *config_json(const struct config *config)
{
	return table_json(config, &config_top, config, false);
}

void config_print_json(const cJSON *json, struct bytes *out)
{
	char *text = json ? cJSON_Print(json) : NULL;

	if (!text)
		out->failed = true;
	else
		bytes_add_text(out, text);
	cJSON_free(text);
	bytes_add_byte(out, '\n');
}

void config_print(const struct config *config, struct bytes *out)
{
	OWNED(cJSON) *root = config_json(config);

	config_print_json(root, out);
}
