/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/files.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/text.h"
#include "config_text.h"

#define WHERE "settings"

/* What is read, and who is told where it came from (NULL = nobody). */
struct settings {
	struct config *config;
	struct origins *origins;
};

static enum msiv2_rc note(struct settings *settings, const cJSON *document, const char *origin,
                          struct msiv2_error *err)
{
	return settings->origins ? origins_note(settings->origins, document, origin, err)
	                         : MSIV2_OK;
}

static enum msiv2_rc note_path(struct settings *settings, const char *path, const char *origin,
                               struct msiv2_error *err)
{
	return settings->origins ? origins_note_path(settings->origins, path, origin, err)
	                         : MSIV2_OK;
}

/* ---- documents ---- */

static enum msiv2_rc read_documents(struct settings *settings,
                                    const struct msiv2_emulator_options *options,
                                    struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_CONFIG, "config"};
	OWNED(cJSON) *file = NULL;
	OWNED(cJSON) *text = NULL;

	if (options->config_file) {
		TRY(config_read_file(settings->config, options->config_file, &file, err));
		TRY(note(settings, file, options->config_file, err));
	}
	if (!options->config_text)
		return MSIV2_OK;
	TRY(json_parse_object(options->config_text, strlen(options->config_text), &blame, &text,
	                      err));
	TRY(config_read_json(settings->config, text, err));
	return note(settings, text, "config_text", err);
}

/* ---- keys as text ---- */

/* Sets one key; an error names who wanted it, and the key. */
static enum msiv2_rc set_key(struct settings *settings, const char *origin, const char *key,
                             const char *value, struct msiv2_error *err)
{
	OWNED(cJSON) *document = NULL;
	struct msiv2_error why = {0};
	enum msiv2_rc rc;

	TRY(config_document(key, value, &document, err));
	rc = config_read_json(settings->config, document, &why);
	if (rc != MSIV2_OK)
		return err_set(err, rc, origin, "%s: %s", why.where, why.message);
	return note(settings, document, origin, err);
}

/* "HOST__VM_ID" is the key "host.vm_id". */
static void key_of(const char *name, size_t len, struct bytes *out)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c == '_' && i + 1 < len && name[i + 1] == '_') {
			bytes_add_byte(out, '.');
			i++;
		} else {
			bytes_add_byte(out, (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
		}
	}
}

/* Set by `msiv2-emulator env` for clients; an emulator that is started beside them inherits them.
 */
static bool is_for_clients(const char *key)
{
	static const char *const names[] = {"imds", "sts", "resource", "admin", "ca"};

	for (size_t i = 0; i < TEXT_COUNT(names); i++)
		if (text_equal(key, names[i]))
			return true;
	return false;
}

static enum msiv2_rc read_variable(struct settings *settings, const char *variable,
                                   struct msiv2_error *err)
{
	const char *equals = strchr(variable, '=');
	size_t prefix = strlen(SETTINGS_VARIABLE);
	OWNED_STRUCT(bytes) key = {0};
	OWNED_STRUCT(bytes) origin = {0};

	if (!equals || !text_starts(variable, SETTINGS_VARIABLE))
		return MSIV2_OK;
	key_of(variable + prefix, (size_t)(equals - variable) - prefix, &key);
	bytes_add(&origin, variable, (size_t)(equals - variable));
	TRY(bytes_done(&key, WHERE, err));
	TRY(bytes_done(&origin, WHERE, err));
	if (is_for_clients(bytes_text(&key)))
		return MSIV2_OK;
	return set_key(settings, bytes_text(&origin), bytes_text(&key), equals + 1, err);
}

static enum msiv2_rc read_settings(struct settings *settings,
                                   const struct msiv2_emulator_options *options,
                                   struct msiv2_error *err)
{
	for (size_t i = 0; options->environment && options->environment[i]; i++)
		TRY(read_variable(settings, options->environment[i], err));
	for (size_t i = 0; i < options->setting_count; i++)
		TRY(set_key(settings, "--set", options->settings[i].key, options->settings[i].value,
		            err));
	return MSIV2_OK;
}

/* ---- options ---- */

/* Takes the value over; NULL is an option that is not given. */
static enum msiv2_rc set_option(struct settings *settings, const char *option, const char *key,
                                cJSON *value, struct msiv2_error *err)
{
	OWNED(cJSON) *document = NULL;

	TRY(config_document_of(key, value, &document, err));
	TRY(config_read_json(settings->config, document, err));
	return note(settings, document, option, err);
}

static enum msiv2_rc apply_texts(struct settings *settings,
                                 const struct msiv2_emulator_options *options,
                                 struct msiv2_error *err)
{
	static const char *const key_names[] = {
	        [MSIV2_EMULATOR_KEY_EC] = "ec",
	        [MSIV2_EMULATOR_KEY_RSA] = "rsa",
	};
	const bool known = (size_t)options->ca_key < TEXT_COUNT(key_names);
	const struct {
		const char *option;
		const char *key;
		const char *text;
	} rows[] = {
	        {"--ca-key", "server.ca_key", known ? key_names[options->ca_key] : "unknown"},
	        {"--profile", "profile", options->profile},
	        {"--bind", "listen.bind", options->bind},
	        {"--admin-bind", "admin.bind", options->admin_bind},
	        {"--admin-key-file", "admin.key_file", options->admin_key_file},
	        {"--state", "state_dir", options->state_dir},
	        {"--ca-out", "server.ca_out", options->ca_out},
	};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (rows[i].text)
			TRY(set_option(settings, rows[i].option, rows[i].key,
			               cJSON_CreateString(rows[i].text), err));
	return MSIV2_OK;
}

static enum msiv2_rc apply_ports(struct settings *settings,
                                 const struct msiv2_emulator_options *options,
                                 struct msiv2_error *err)
{
	const struct {
		const char *option;
		const char *key;
		uint16_t port;
	} rows[] = {
	        {"--imds-port", "listen.imds_port", options->imds_port},
	        {"--sts-port", "listen.sts_port", options->sts_port},
	        {"--admin-port", "listen.admin_port", options->admin_port},
	};

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		if (rows[i].port != 0)
			TRY(set_option(settings, rows[i].option, rows[i].key,
			               cJSON_CreateNumber(rows[i].port), err));
	return MSIV2_OK;
}

/* What the file says, with the file before every complaint. */
static enum msiv2_rc read_faults(struct settings *settings, const char *path,
                                 struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, path};
	OWNED_STRUCT(bytes) text = {0};
	struct msiv2_error why = {0};
	cJSON *faults = NULL;
	enum msiv2_rc rc;

	TRY(files_read(path, CONFIG_FILE_MAX, MSIV2_CONFIG, &text, err));
	TRY(json_parse(text.data, text.len, &blame, &faults, err));
	rc = set_option(settings, "--faults", "faults", faults, &why);
	if (rc != MSIV2_OK)
		return err_set(err, rc, path, "%s: %s", why.where, why.message);
	return MSIV2_OK;
}

static enum msiv2_rc apply_faults(struct settings *settings,
                                  const struct msiv2_emulator_options *options,
                                  struct msiv2_error *err)
{
	if (options->faults_file)
		TRY(read_faults(settings, options->faults_file, err));
	if (options->seed != 0)
		TRY(set_option(settings, "--seed", "seed",
		               cJSON_CreateNumber((double)options->seed), err));
	return MSIV2_OK;
}

/* Names are added to those that are there. */
static enum msiv2_rc apply_lists(struct settings *settings,
                                 const struct msiv2_emulator_options *options,
                                 struct msiv2_error *err)
{
	struct config *config = settings->config;

	for (size_t i = 0; i < options->name_count; i++)
		TRY(config_list_add(&config->server_names, options->names[i], "names", err));
	if (options->name_count > 0)
		TRY(note_path(settings, "server.names", "--name", err));
	for (size_t i = 0; i < options->rule_count; i++) {
		const struct msiv2_emulator_rule *rule = &options->rules[i];
		OWNED_STRUCT(bytes) path = {0};

		TRY(config_rule_add(config, rule->rule, rule->mode, "rules", err));
		bytes_addf(&path, "rules.%s", rule->rule);
		TRY(bytes_done(&path, WHERE, err));
		TRY(note_path(settings, bytes_text(&path), "--rule", err));
	}
	return MSIV2_OK;
}

enum msiv2_rc settings_trace(struct config *config, const struct msiv2_emulator_options *options,
                             struct origins *origins, struct msiv2_error *err)
{
	struct settings settings = {config, origins};

	TRY(config_init(config, err));
	TRY(read_documents(&settings, options, err));
	TRY(read_settings(&settings, options, err));
	TRY(apply_texts(&settings, options, err));
	TRY(apply_ports(&settings, options, err));
	TRY(apply_faults(&settings, options, err));
	TRY(apply_lists(&settings, options, err));
	return config_check(config, err);
}

enum msiv2_rc settings_read(struct config *config, const struct msiv2_emulator_options *options,
                            struct msiv2_error *err)
{
	return settings_trace(config, options, NULL, err);
}
