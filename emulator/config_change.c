/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <stdio.h>

#include "common/json.h"
#include "common/text.h"
#include "config.h"
#include "config_find.h"
#include "config_keys.h"

#define WHERE "config"
#define FIXED "does not change while the emulator runs"

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

/* A host that stays keeps its port. */
static enum msiv2_rc refuse_moved(const struct config *from, const struct config *to,
                                  struct msiv2_error *err)
{
	for (size_t i = 0; i < to->host_count; i++) {
		const struct config_host *host = &to->hosts[i];
		const struct config_host *before = config_find_host(from, host->name);
		char path[96];

		if (!before || before->imds_port == host->imds_port)
			continue;
		(void)snprintf(path, sizeof(path), "hosts.%s.imds_port", host->name);
		return err_set(err, MSIV2_CONFIG, path, FIXED);
	}
	return MSIV2_OK;
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
			return err_set(err, MSIV2_CONFIG, keys[i].path, FIXED);
	return MSIV2_OK;
}

enum msiv2_rc config_copy(const struct config *from, struct config *to, struct msiv2_error *err)
{
	OWNED(cJSON) *json = config_json(from);

	if (!json)
		return err_no_memory(err, WHERE);
	TRY(config_init(to, err));
	return config_read_json(to, json, err);
}

enum msiv2_rc config_check_change(const struct config *from, const struct config *to,
                                  struct msiv2_error *err)
{
	OWNED(cJSON) *before = config_json(from);

	if (!before)
		return err_no_memory(err, WHERE);
	TRY(refuse_fixed(before, to, err));
	TRY(refuse_moved(from, to, err));
	return config_check(to, err);
}
