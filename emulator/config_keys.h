/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The table of configuration keys: what reading, printing, defaults and freeing walk over. */
#ifndef EMULATOR_CONFIG_KEYS_H
#define EMULATOR_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum config_type {
	CONFIG_TEXT,
	CONFIG_INTEGER,
	CONFIG_BOOL,
	CONFIG_LIST,
	CONFIG_IDENTITIES,
	CONFIG_RULES
};

struct config_key {
	const char *path; /* "host.vm_id": at most one section deep */
	enum config_type type;
	size_t offset;                   /* of the member in struct config */
	const char *text;                /* default of a text; NULL = null */
	bool nullable;                   /* a text that may be null */
	bool fixed;                      /* stays as it is from start to stop */
	bool (*valid)(const char *text); /* a text's form; NULL = anything but "" */
	const char *expected;            /* the form in words */
	int64_t min, max, number;        /* range and default of an integer */
};

/* All rows; *count is set. */
const struct config_key *config_keys(size_t *count);
/* A text is an absolute http or https URL without query, fragment or trailing slash. */
bool config_is_url(const char *text);
/* A text is a mode of attestation: "off", "optional", "required". */
bool config_is_attestation(const char *text);

#endif
