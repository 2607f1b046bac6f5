/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "store_desk.h"

#include <string.h>

#include "common/clock.h"
#include "common/encoding.h"
#include "common/text.h"
#include "common/x509.h"
#include "ref/client.h"

#define KEY_TIMEOUT_MS 60000

static enum msiv2_rc named(enum msiv2_rc rc, const char *option, struct msiv2_error *err)
{
	if (rc != MSIV2_CONFIG)
		return rc;
	return err_set(err, rc, option, "%s", msiv2_error_message(err));
}

enum msiv2_rc store_desk_name(const struct arguments *args, const struct msiv2_clock *clock,
                              enum store_scope *scope, struct store **out, struct msiv2_error *err)
{
	*scope = STORE_SCOPE_CURRENT_USER;
	if (args->store != NULL)
		TRY(named(store_scope_parse(args->store, scope, err), "--store", err));
	return named(store_new(*scope, args->store_root, clock, out, err), "--store-root", err);
}

enum msiv2_rc store_desk_open(struct store_desk *desk, const struct arguments *args,
                              struct msiv2_error *err)
{
	const struct msiv2_clock *clock;

	TRY(session_open(&desk->session, args, err));
	clock = desk->session.client->clock;
	TRY(store_desk_name(args, clock, &desk->scope, &desk->store, err));
	if (desk->store == NULL)
		return err_set(err, MSIV2_CONFIG, "--store", "none is no store to look at");
	desk->now_s = clock_now_s(clock);
	return MSIV2_OK;
}

enum msiv2_rc store_desk_read(struct store_desk *desk, struct msiv2_error *err)
{
	survey_free(&desk->survey);
	return survey_take(desk->store, &desk->survey, err);
}

void store_desk_close(struct store_desk *desk)
{
	bytes_free(&desk->device);
	survey_free(&desk->survey);
	store_free(desk->store);
	desk->store = NULL;
	session_close(&desk->session);
}

/* ---- the key at hand ---- */

static int64_t deadline_of(const struct msiv2_client *client, int64_t timeout_ms)
{
	return clock_deadline_us(client->clock, timeout_ms > 0 ? timeout_ms : KEY_TIMEOUT_MS);
}

enum msiv2_rc store_desk_key(const struct store_desk *desk, const char *kind, const char *name,
                             int64_t timeout_ms, uint8_t sha256[X509_SHA256_LEN],
                             enum key_lack *lack, struct msiv2_error *err)
{
	const struct msiv2_client *client = desk->session.client;
	const struct key_provider *provider = hierarchy_provider(kind, strlen(kind));
	struct key_place place = key_settings_place(&client->keys, client->clock, &client->log);
	OWNED_STRUCT(key) *key = NULL;

	*lack = KEY_LACK_ABSENT;
	if (provider == NULL || provider == &memory_provider)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, "key",
		               "there are no %s keys that outlive a process", kind);
	place.existing = true;
	if (name != NULL)
		place.name = name;
	TRY(provider->get_or_create(&place, deadline_of(client, timeout_ms), &key, lack, err));
	return x509_key_sha256(key_public(key), sha256, err);
}

bool store_desk_device(const struct store_desk *desk, const char *kind, int64_t timeout_ms,
                       struct bytes *out)
{
	const struct msiv2_client *client = desk->session.client;
	const struct key_place place =
	        key_settings_place(&client->keys, client->clock, &client->log);

	return hierarchy_device(kind, &place, deadline_of(client, timeout_ms), out);
}

void store_desk_find_key(struct store_desk *desk, const struct arguments *args, struct bytes *notes)
{
	const struct hierarchy *kinds = &desk->session.client->keys.hierarchy;

	for (size_t i = 0; i < kinds->count; i++) {
		const struct key_provider *provider = kinds->providers[i];
		struct msiv2_error err = {0};
		enum key_lack lack;

		if (provider == &memory_provider)
			continue;
		desk->key_there = store_desk_key(desk, provider->kind, NULL, args->timeout_ms,
		                                 desk->key_sha256, &lack, &err) == MSIV2_OK;
		/* An acquisition would stop at this device, and make the key that is not there. */
		if (desk->key_there || lack == KEY_LACK_UNMADE) {
			desk->key_kind = provider->kind;
			if (!store_desk_device(desk, desk->key_kind, args->timeout_ms,
			                       &desk->device))
				bytes_clear(&desk->device);
		}
		if (desk->key_there)
			return;
		bytes_addf(notes, "msiv2: note: %s key is %s: %s\n", provider->kind,
		           key_lack_name(lack), msiv2_error_message(&err));
		if (desk->key_kind != NULL)
			return;
	}
}

void store_desk_judge(struct store_desk *desk, const char *source)
{
	const struct store_want want = {
	        .source = source,
	        .now_s = desk->now_s,
	        .key_kind = desk->key_kind,
	        .key_name = key_settings_name(&desk->session.client->keys),
	        .key_sha256 = desk->key_there ? desk->key_sha256 : NULL,
	        .device = desk->device.len > 0 ? bytes_text(&desk->device) : NULL,
	};

	survey_judge(&desk->survey, &want);
}

/* ---- what a person named ---- */

static bool is_digits(const char *text)
{
	size_t len = strlen(text);

	return len >= STORE_DESK_DIGITS_MIN && len <= 2 * X509_SHA256_LEN &&
	       strspn(text, "0123456789abcdefABCDEF") == len;
}

bool store_desk_is_named(const struct survey_alias *alias, const struct store_record *record,
                         const char *target)
{
	if (text_equal(alias->name, target))
		return true;
	/* The file's name is the digest, and there even when the content is not. */
	return is_digits(target) && text_starts_nocase(record->file, target);
}
