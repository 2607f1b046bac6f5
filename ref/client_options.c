/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "client_options.h"

#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "net/address.h"

struct msiv2_options *msiv2_options_new(void)
{
	struct msiv2_options *options = mem_alloc(sizeof(*options));

	if (options == NULL)
		return NULL;
	options->clock = clock_system();
	options->timeout_ms = CLIENT_DEFAULT_TIMEOUT_MS;
	options->store = STORE_SCOPE_CURRENT_USER;
	key_settings_init(&options->keys);
	return options;
}

void msiv2_options_free(struct msiv2_options *options)
{
	if (options == NULL)
		return;
	identity_free(&options->identity);
	mem_free(options->imds);
	mem_free(options->trust_file);
	mem_free(options->store_root);
	key_settings_free(&options->keys);
	mem_free(options);
}

enum msiv2_rc msiv2_options_set_identity(struct msiv2_options *options,
                                         enum msiv2_identity_kind kind, const char *id,
                                         struct msiv2_error *err)
{
	return identity_set(&options->identity, kind, id, err);
}

static enum msiv2_rc replace(char **text, const char *with, const char *where,
                             struct msiv2_error *err)
{
	char *copy = mem_strdup(with);

	if (copy == NULL)
		return err_no_memory(err, where);
	mem_free(*text);
	*text = copy;
	return MSIV2_OK;
}

enum msiv2_rc msiv2_options_set_imds(struct msiv2_options *options, const char *base,
                                     struct msiv2_error *err)
{
	const struct blame blame = {MSIV2_CONFIG, "imds"};
	OWNED_STRUCT(bytes) origin = {0};

	if (text_empty(base))
		return err_blame(err, &blame, "the address is empty");
	TRY(address_origin(base, false, &blame, &origin, err));
	return replace(&options->imds, bytes_text(&origin), blame.where, err);
}

enum msiv2_rc msiv2_options_set_trust_file(struct msiv2_options *options, const char *path,
                                           struct msiv2_error *err)
{
	if (text_empty(path))
		return err_set(err, MSIV2_CONFIG, "trust file", "the path is empty");
	return replace(&options->trust_file, path, "trust file", err);
}

enum msiv2_rc msiv2_options_set_key_kinds(struct msiv2_options *options, const char *kinds,
                                          struct msiv2_error *err)
{
	return hierarchy_parse(&options->keys.hierarchy, kinds, err);
}

enum msiv2_rc msiv2_options_set_min_strength(struct msiv2_options *options, const char *kind,
                                             struct msiv2_error *err)
{
	return hierarchy_set_floor(&options->keys.hierarchy, kind, err);
}

enum msiv2_rc msiv2_options_set_key_place(struct msiv2_options *options, enum msiv2_key_place what,
                                          const char *value, struct msiv2_error *err)
{
	struct key_settings *keys = &options->keys;
	const struct {
		const char *where;
		char **text;
	} rows[MSIV2_KEY_PLACES] = {
	        [MSIV2_KEY_NAME] = {"key name", &keys->name},
	        [MSIV2_KEY_PKCS11_MODULE] = {"pkcs11 module", &keys->module},
	        [MSIV2_KEY_PKCS11_TOKEN] = {"pkcs11 token", &keys->token_label},
	        [MSIV2_KEY_PIN_FILE] = {"pin file", &keys->pin_file},
	        [MSIV2_KEY_TCTI] = {"tcti", &keys->tcti},
	};

	if ((unsigned)what >= MSIV2_KEY_PLACES)
		return err_set(err, MSIV2_CONFIG, "key place", "unknown: %d", (int)what);
	if (text_empty(value))
		return err_set(err, MSIV2_CONFIG, rows[what].where, "must not be empty");
	return replace(rows[what].text, value, rows[what].where, err);
}

void msiv2_options_set_attestation(struct msiv2_options *options, bool wanted)
{
	options->keys.attest = wanted;
}

enum msiv2_rc msiv2_options_set_store(struct msiv2_options *options, const char *scope,
                                      struct msiv2_error *err)
{
	if (text_empty(scope))
		return err_set(err, MSIV2_CONFIG, "store", "the scope is empty");
	return store_scope_parse(scope, &options->store, err);
}

enum msiv2_rc msiv2_options_set_store_root(struct msiv2_options *options, const char *folder,
                                           struct msiv2_error *err)
{
	if (text_empty(folder))
		return err_set(err, MSIV2_CONFIG, "store root", "the path is empty");
	return replace(&options->store_root, folder, "store root", err);
}

void msiv2_options_set_clock(struct msiv2_options *options, const struct msiv2_clock *clock)
{
	options->clock = clock != NULL ? clock : clock_system();
}

void msiv2_options_set_pause_seed(struct msiv2_options *options, uint64_t seed)
{
	options->seeds_pauses = true;
	options->seed = seed;
}

enum msiv2_rc msiv2_options_set_timeout_ms(struct msiv2_options *options, int64_t timeout_ms,
                                           struct msiv2_error *err)
{
	if (timeout_ms <= 0)
		return err_set(err, MSIV2_CONFIG, "timeout", "must be more than 0");
	options->timeout_ms = timeout_ms;
	return MSIV2_OK;
}

void msiv2_options_set_log(struct msiv2_options *options, msiv2_log_fn log, void *ctx,
                           enum msiv2_log_level level)
{
	options->log = (struct log){.write = log, .ctx = ctx, .level = level};
}
