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

static cJSON *list_of(const struct config_list *list)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < list->count; i++)
		cJSON_AddItemToArray(array, cJSON_CreateString(list->items[i]));
	return array;
}

static cJSON *identities_of(const struct config_host *host)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < host->identity_count; i++) {
		const struct config_identity *identity = &host->identities[i];
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "kind", identity->system ? "system" : "user");
		cJSON_AddStringToObject(object, "client_id", identity->client_id);
		cJSON_AddStringToObject(object, "object_id", identity->object_id);
		cJSON_AddItemToObject(object, "resource_id", text_or_null(identity->resource_id));
		cJSON_AddItemToArray(array, object);
	}
	return array;
}

/* The last mode of each rule text counts, so a text is shown once, where it was last set. */
static cJSON *rules_of(const struct config *config)
{
	cJSON *object = cJSON_CreateObject();

	for (size_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *row = &config->rules[i];

		cJSON_DeleteItemFromObjectCaseSensitive(object, row->rule);
		cJSON_AddStringToObject(object, row->rule, row->mode);
	}
	return object;
}

static cJSON *value_of(const struct config *config, const struct config_key *key)
{
	const void *member = (const char *)config + key->offset;

	switch (key->type) {
	case CONFIG_TEXT:
		return text_or_null(*(char *const *)member);
	case CONFIG_INTEGER:
		return cJSON_CreateNumber((double)*(const int64_t *)member);
	case CONFIG_BOOL:
		return cJSON_CreateBool(*(const bool *)member);
	case CONFIG_LIST:
		return list_of(member);
	case CONFIG_IDENTITIES:
		return identities_of(&config->host);
	case CONFIG_RULES:
		return rules_of(config);
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

cJSON *config_json(const struct config *config)
{
	OWNED(cJSON) *root = cJSON_CreateObject();
	size_t count = 0;
	const struct config_key *keys = config_keys(&count);

	for (size_t i = 0; i < count; i++) {
		const char *name = NULL;
		cJSON *section = section_of(root, &keys[i], &name);

		if (!cJSON_AddItemToObject(section, name, value_of(config, &keys[i])))
			return NULL;
	}
	return steal(&root);
}

void config_print(const struct config *config, struct bytes *out)
{
	OWNED(cJSON) *root = config_json(config);
	char *text = root ? cJSON_Print(root) : NULL;

	if (!text)
		out->failed = true;
	else
		bytes_add_text(out, text);
	cJSON_free(text);
	bytes_add_byte(out, '\n');
}
