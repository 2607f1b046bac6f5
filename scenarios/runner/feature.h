/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a shim can do, and the kinds of key, as sets of bits. The words are those of docs/shim.md.
 * Pure. */
#ifndef SCENARIOS_RUNNER_FEATURE_H
#define SCENARIOS_RUNNER_FEATURE_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"

enum feature {
	FEATURE_ACQUIRE_MANY,
	FEATURE_RESTART,
	FEATURE_DROP_MEMORY,
	FEATURE_DESCRIBE_KEY,
	FEATURE_CALL,
	FEATURE_CLAIMS,
	FEATURE_CLOCK,
	FEATURE_STORE,
	FEATURE_ATTESTATION,
	FEATURE_MIN_STRENGTH,
	FEATURE_FORCE,
	FEATURE_BEARER,
	FEATURE_USER_ASSIGNED,
	FEATURE_PROBE,
	FEATURE_PERSISTENT_KEYS,
	FEATURE_VIRTUAL_TIME,
	FEATURE_COUNT
};

enum key_kind { KEY_KIND_MEMORY, KEY_KIND_KEYGUARD, KEY_KIND_HARDWARE, KEY_KIND_COUNT };

#define FEATURE_BIT(feature) (UINT32_C(1) << (feature))

/* The words in the order of the enums, ended by NULL. */
extern const char *const feature_words[FEATURE_COUNT + 1];
extern const char *const key_kind_words[KEY_KIND_COUNT + 1];

/* The bits of an array of words; words that are not known are left out, as are NULL and what is no
 * array. */
uint32_t feature_bits(const cJSON *array, const char *const *words);
/* Appends what of the array is none of the words, with commas between; what is no text too. */
void feature_unknown(const cJSON *array, const char *const *words, struct bytes *out);
/* Appends the words of the bits, with commas between. */
void feature_list(uint32_t bits, const char *const *words, struct bytes *out);

#endif
