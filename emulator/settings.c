/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "settings.h"

#include <string.h>

#include "common/text.h"

/* An option that is set replaces the configured text. */
static enum msiv2_rc override(char **slot, const char *text, struct msiv2_error *err)
{
	return text ? config_set_text(slot, text, err) : MSIV2_OK;
}

static enum msiv2_rc apply_texts(struct config *config,
                                 const struct msiv2_emulator_options *options,
                                 struct msiv2_error *err)
{
	static const char *const key_names[] = {
	        [MSIV2_EMULATOR_KEY_EC] = "ec",
	        [MSIV2_EMULATOR_KEY_RSA] = "rsa",
	};
	struct rule_modes scratch;

	if ((size_t)options->ca_key >= TEXT_COUNT(key_names))
		return err_set(err, MSIV2_CONFIG, "ca_key", "unknown key type");
	if (options->profile && !rule_modes_profile(&scratch, options->profile))
		return err_set(err, MSIV2_CONFIG, "profile", "unknown profile '%s'",
		               options->profile);
	if (options->bind && !config_is_address(options->bind))
		return err_set(err, MSIV2_CONFIG, "listen.bind", "'%s' is not an IP address",
		               options->bind);
	if (options->admin_bind && !config_is_address(options->admin_bind))
		return err_set(err, MSIV2_CONFIG, "admin.bind", "'%s' is not an IP address",
		               options->admin_bind);
	TRY(override(&config->ca_key, key_names[options->ca_key], err));
	TRY(override(&config->profile, options->profile, err));
	TRY(override(&config->bind, options->bind, err));
	TRY(override(&config->admin_bind, options->admin_bind, err));
	TRY(override(&config->admin_key_file, options->admin_key_file, err));
	TRY(override(&config->state_dir, options->state_dir, err));
	return override(&config->ca_out, options->ca_out, err);
}

static enum msiv2_rc apply_lists(struct config *config,
                                 const struct msiv2_emulator_options *options,
                                 struct msiv2_error *err)
{
	for (size_t i = 0; i < options->name_count; i++)
		TRY(config_list_add(&config->server_names, options->names[i], "names", err));
	for (size_t i = 0; i < options->rule_count; i++)
		TRY(config_rule_add(config, options->rules[i].rule, options->rules[i].mode, "rules",
		                    err));
	return MSIV2_OK;
}

enum msiv2_rc settings_read(struct config *config, const struct msiv2_emulator_options *options,
                            struct msiv2_error *err)
{
	TRY(config_init(config, err));
	if (options->config_file)
		TRY(config_read_file(config, options->config_file, NULL, err));
	if (options->config_text)
		TRY(config_read(config, options->config_text, strlen(options->config_text), err));
	TRY(apply_texts(config, options, err));
	TRY(apply_lists(config, options, err));
	if (options->imds_port)
		config->imds_port = options->imds_port;
	if (options->sts_port)
		config->sts_port = options->sts_port;
	if (options->admin_port)
		config->admin_port = options->admin_port;
	return config_check(config, err);
}
