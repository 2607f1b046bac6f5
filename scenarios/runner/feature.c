/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "feature.h"

#include "form.h"

const char *const feature_words[FEATURE_COUNT + 1] = {
        [FEATURE_ACQUIRE_MANY] = "acquire_many",
        [FEATURE_RESTART] = "restart",
        [FEATURE_DROP_MEMORY] = "drop_memory",
        [FEATURE_DESCRIBE_KEY] = "describe_key",
        [FEATURE_CALL] = "call",
        [FEATURE_CLAIMS] = "claims",
        [FEATURE_CLOCK] = "clock",
        [FEATURE_STORE] = "store",
        [FEATURE_ATTESTATION] = "attestation",
        [FEATURE_MIN_STRENGTH] = "min_strength",
        [FEATURE_FORCE] = "force",
        [FEATURE_BEARER] = "bearer",
        [FEATURE_USER_ASSIGNED] = "user_assigned",
        [FEATURE_PROBE] = "probe",
        [FEATURE_PERSISTENT_KEYS] = "persistent_keys",
        [FEATURE_VIRTUAL_TIME] = "virtual_time",
};

const char *const key_kind_words[KEY_KIND_COUNT + 1] = {
        [KEY_KIND_MEMORY] = "memory",
        [KEY_KIND_KEYGUARD] = "keyguard",
        [KEY_KIND_HARDWARE] = "hardware",
};

uint32_t feature_bits(const cJSON *array, const char *const *words)
{
	const cJSON *item;
	uint32_t bits = 0;

	cJSON_ArrayForEach(item, array)
	{
		int at = form_word(words, cJSON_GetStringValue(item));

		if (at >= 0)
			bits |= FEATURE_BIT(at);
	}
	return bits;
}

void feature_unknown(const cJSON *array, const char *const *words, struct bytes *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		const char *text = cJSON_GetStringValue(item);

		if (form_word(words, text) >= 0)
			continue;
		bytes_add_text(out, out->len > 0 ? ", " : "");
		if (text)
			bytes_add_text(out, text);
		else
			json_print(item, out);
	}
}

void feature_list(uint32_t bits, const char *const *words, struct bytes *out)
{
	const char *comma = "";

	for (int i = 0; words[i]; i++) {
		if (!(bits & FEATURE_BIT(i)))
			continue;
		bytes_addf(out, "%s%s", comma, words[i]);
		comma = ", ";
	}
}
