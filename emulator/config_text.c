/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "config_text.h"

#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "config_keys.h"

#define WHERE "config"

/* What follows "section." and one name more: "hosts.b.vm_id" has "vm_id" behind "hosts". */
static const char *behind_name(const char *path, const char *section)
{
	const char *dot;

	if (!text_starts(path, section) || path[strlen(section)] != '.')
		return NULL;
	dot = strchr(path + strlen(section) + 1, '.');
	return dot ? dot + 1 : NULL;
}

/* The row of a key, wherever in the document it is; NULL when it has none. */
static const struct config_key *find(const char *path)
{
	const char *of_host = behind_name(path, "hosts");
	const char *of_tenant = behind_name(path, "tenants");

	if (of_host)
		return config_table_find(&config_host_table, of_host);
	if (of_tenant)
		return config_table_find(&config_tenant_table, of_tenant);
	if (text_starts(path, "host."))
		return config_table_find(&config_host_table, path + strlen("host."));
	return config_table_find(&config_top, path);
}

static bool is_text(const char *path, const struct config_key *key)
{
	return text_starts(path, "rules.") || (key && key->type == CONFIG_TEXT);
}

/* NULL when memory is out. */
static cJSON *value_of(const char *path, const char *value)
{
	static const struct blame blame = {MSIV2_CONFIG, WHERE};
	const struct config_key *key = find(path);
	cJSON *json = NULL;

	if (is_text(path, key) && key && key->nullable && text_equal(value, "null"))
		return cJSON_CreateNull();
	if (is_text(path, key))
		return cJSON_CreateString(value);
	/* What is no JSON is of the wrong type for every such key, and said to be so. */
	if (json_parse(value, strlen(value), &blame, &json, NULL) == MSIV2_CONFIG)
		return cJSON_CreateString(value);
	return json;
}

enum msiv2_rc config_document_of(const char *path, cJSON *value, cJSON **out,
                                 struct msiv2_error *err)
{
	OWNED(cJSON) *inner = value;

	for (const char *end = path + strlen(path); inner;) {
		const char *start = end;
		OWNED(mem_text) *name = NULL;
		cJSON *outer;

		while (start > path && start[-1] != '.')
			start--;
		name = mem_strndup(start, (size_t)(end - start));
		outer = cJSON_CreateObject();
		if (!name || !cJSON_AddItemToObject(outer, name, inner)) {
			cJSON_Delete(outer);
			break;
		}
		inner = outer;
		if (start == path) {
			*out = steal(&inner);
			return MSIV2_OK;
		}
		end = start - 1;
	}
	return err_no_memory(err, WHERE);
}

enum msiv2_rc config_document(const char *path, const char *value, cJSON **out,
                              struct msiv2_error *err)
{
	return config_document_of(path, value_of(path, value), out, err);
}
