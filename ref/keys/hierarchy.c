/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "hierarchy.h"

#include <string.h>

#include "common/text.h"

#define WHERE "key"

/* KEY-02 */
static const struct key_provider *const strongest_first[HIERARCHY_MAX] = {
        &keyguard_provider, &hardware_provider, &memory_provider};

void hierarchy_default(struct hierarchy *hierarchy)
{
	*hierarchy = (struct hierarchy){.providers = {&memory_provider}, .count = 1};
}

bool hierarchy_device(const char *kind, const struct key_place *place, int64_t deadline_us,
                      struct bytes *out)
{
	const struct key_provider *provider = hierarchy_provider(kind, strlen(kind));
	OWNED_STRUCT(bytes) name = {0};
	struct msiv2_error why = {0};

	if (provider == NULL || provider->device == NULL)
		return false;
	if (provider->device(place, deadline_us, &name, &why) != MSIV2_OK) {
		log_line(&place->log, MSIV2_LOG_INFO, "%s: the device cannot be named: %s", kind,
		         msiv2_error_message(&why));
		return false;
	}
	bytes_add(out, name.data, name.len);
	return !out->failed;
}

const struct key_provider *hierarchy_provider(const char *kind, size_t len)
{
	for (size_t i = 0; i < HIERARCHY_MAX; i++) {
		const struct key_provider *provider = strongest_first[i];

		if (strlen(provider->kind) == len && memcmp(provider->kind, kind, len) == 0)
			return provider;
	}
	return NULL;
}

static enum msiv2_rc unknown_kind(const char *text, size_t len, const char *where,
                                  struct msiv2_error *err)
{
	return err_set(err, MSIV2_CONFIG, where,
	               "unknown kind \"%.*s\" (keyguard, hardware or memory)",
	               len < 40 ? (int)len : 40, text);
}

static enum msiv2_rc append(struct hierarchy *list, const char *text, size_t len,
                            struct msiv2_error *err)
{
	const struct key_provider *provider = hierarchy_provider(text, len);

	if (provider == NULL)
		return unknown_kind(text, len, "key kinds", err);
	for (size_t i = 0; i < list->count; i++) {
		if (list->providers[i] == provider)
			return err_set(err, MSIV2_CONFIG, "key kinds", "%s is named twice",
			               provider->kind);
	}
	list->providers[list->count++] = provider;
	return MSIV2_OK;
}

enum msiv2_rc hierarchy_parse(struct hierarchy *hierarchy, const char *text,
                              struct msiv2_error *err)
{
	struct hierarchy list = {.floor = hierarchy->floor};

	if (text_empty(text))
		return err_set(err, MSIV2_CONFIG, "key kinds", "the list is empty");
	if (text_equal(text, "windows"))
		text = "keyguard,hardware,memory";
	else if (text_equal(text, "linux"))
		text = "memory";
	for (;;) {
		size_t len = strcspn(text, ",");

		TRY(append(&list, text, len, err));
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	*hierarchy = list;
	return MSIV2_OK;
}

enum msiv2_rc hierarchy_set_floor(struct hierarchy *hierarchy, const char *kind,
                                  struct msiv2_error *err)
{
	const struct key_provider *provider =
	        kind != NULL ? hierarchy_provider(kind, strlen(kind)) : NULL;

	if (provider == NULL)
		return unknown_kind(kind != NULL ? kind : "", kind != NULL ? strlen(kind) : 0,
		                    "min strength", err);
	hierarchy->floor = provider;
	return MSIV2_OK;
}

static bool below_floor(const struct hierarchy *hierarchy, const struct key_provider *provider)
{
	return hierarchy->floor != NULL && provider->strength < hierarchy->floor->strength;
}

enum msiv2_rc hierarchy_check(const struct hierarchy *hierarchy, struct msiv2_error *err)
{
	for (size_t i = 0; i < hierarchy->count; i++) {
		if (!below_floor(hierarchy, hierarchy->providers[i]))
			return MSIV2_OK;
	}
	return err_set(err, MSIV2_CONFIG, "min strength",
	               "every kind of the list is weaker than %s", hierarchy->floor->kind);
}

bool hierarchy_kind_persists(const char *kind)
{
	return !text_equal(kind, memory_provider.kind);
}

bool hierarchy_persists(const struct hierarchy *hierarchy)
{
	for (size_t i = 0; i < hierarchy->count; i++) {
		const struct key_provider *provider = hierarchy->providers[i];

		if (!below_floor(hierarchy, provider) && hierarchy_kind_persists(provider->kind))
			return true;
	}
	return false;
}

const char *key_lack_name(enum key_lack lack)
{
	static const char *const names[] = {
	        [KEY_LACK_NONE] = "present",    [KEY_LACK_ABSENT] = "absent",
	        [KEY_LACK_UNMADE] = "absent",   [KEY_LACK_BROKEN] = "broken",
	        [KEY_LACK_REFUSED] = "refused",
	};

	return names[lack];
}

/* KEY-10: what is not there is worth knowing, what is there and fails is worth a warning. */
static void report_lack(const struct key_place *place, const struct key_provider *provider,
                        enum key_lack lack, const char *message, struct bytes *reasons)
{
	log_line(&place->log, lack == KEY_LACK_ABSENT ? MSIV2_LOG_INFO : MSIV2_LOG_WARN,
	         "key: %s is %s: %s", provider->kind, key_lack_name(lack), message);
	bytes_addf(reasons, "%s%s %s: %s", reasons->len > 0 ? "; " : "", provider->kind,
	           key_lack_name(lack), message);
}

static enum msiv2_rc none_left(const struct hierarchy *hierarchy, const struct bytes *reasons,
                               struct msiv2_error *err)
{
	TRY(bytes_done(reasons, WHERE, err));
	if (hierarchy->floor != NULL)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "no key of at least %s: %s",
		               hierarchy->floor->kind, bytes_text(reasons));
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "no key: %s", bytes_text(reasons));
}

enum msiv2_rc hierarchy_get(const struct hierarchy *hierarchy, const struct key_place *place,
                            int64_t deadline_us, struct key **out,
                            const struct key_provider **provider, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) reasons = {0};

	for (size_t i = 0; i < hierarchy->count; i++) {
		const struct key_provider *next = hierarchy->providers[i];
		struct msiv2_error why = {0};
		enum key_lack lack = KEY_LACK_BROKEN;
		enum msiv2_rc rc;

		if (below_floor(hierarchy, next))
			continue; /* KEY-06: never a silent downgrade */
		rc = next->get_or_create(place, deadline_us, out, &lack, &why);
		if (rc == MSIV2_OK && provider != NULL)
			*provider = next;
		if (rc != MSIV2_KEY_UNAVAILABLE) {
			if (rc != MSIV2_OK && err != NULL)
				*err = why;
			return rc;
		}
		report_lack(place, next, lack, why.message, &reasons);
	}
	return none_left(hierarchy, &reasons, err);
}
