/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "common/json.h"
#include "common/text.h"
#include "config.h"
#include "config_keys.h"

#define WHERE "config"

/* The value of "section.name" or "name" in a printed configuration. */
static const cJSON *value_at(const cJSON *root, const char *path)
{
	const char *dot = strchr(path, '.');
	char section[32] = "";

	if (!dot)
		return cJSON_GetObjectItemCaseSensitive(root, path);
	memcpy(section, path, (size_t)(dot - path));
	return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, section),
	                                        dot + 1);
}

/* Ports, names, keys and limits were used at start. */
static enum msiv2_rc refuse_fixed(const cJSON *before, const struct config *config,
                                  struct msiv2_error *err)
{
	OWNED(cJSON) *after = config_json(config);
	size_t count = 0;
	const struct config_key *keys = config_keys(&count);

	if (!after)
		return err_no_memory(err, WHERE);
	for (size_t i = 0; i < count; i++)
		if (keys[i].fixed && !cJSON_Compare(value_at(before, keys[i].path),
		                                    value_at(after, keys[i].path), true))
			return err_set(err, MSIV2_CONFIG, keys[i].path,
			               "does not change while the emulator runs");
	return MSIV2_OK;
}

enum msiv2_rc config_change(const struct config *from, const cJSON *patch, struct config *to,
                            struct msiv2_error *err)
{
	OWNED(cJSON) *before = config_json(from);

	if (!before)
		return err_no_memory(err, WHERE);
	TRY(config_init(to, err));
	TRY(config_read_json(to, before, err));
	if (patch)
		TRY(config_read_json(to, patch, err));
	TRY(refuse_fixed(before, to, err));
	return config_check(to, err);
}
