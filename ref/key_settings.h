/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a client was told about its keys: kinds, floor, where each device is, attestation. Texts are
 * owned; NULL = the default of struct key_place. */
#ifndef REF_KEY_SETTINGS_H
#define REF_KEY_SETTINGS_H

#include <stdbool.h>

#include "common/own.h"
#include "keys/hierarchy.h"

struct key_settings {
	struct hierarchy hierarchy;
	char *name;
	char *module;
	char *token_label;
	char *pin_file;
	char *tcti;
	bool attest;
};

/* Memory keys, everything else by default. */
void key_settings_init(struct key_settings *settings);
/* Frees the texts and zeroes the rest. */
void key_settings_free(struct key_settings *settings);
DEFINE_OWNED_VALUE(key_settings, key_settings_free)

/* Copies `from` into the empty *out, and fills what is unset from the environment:
 * MSIV2_PKCS11_MODULE, MSIV2_PKCS11_TOKEN, MSIV2_TCTI. */
MSIV2_MUST_USE enum msiv2_rc key_settings_resolve(const struct key_settings *from,
                                                  struct key_settings *out,
                                                  struct msiv2_error *err);
/* The name of the key in its device: the one set, or "msiv2". Borrowed from `settings`. */
const char *key_settings_name(const struct key_settings *settings);
/* The settings as providers want them; texts are borrowed from `settings`. */
struct key_place key_settings_place(const struct key_settings *settings,
                                    const struct msiv2_clock *clock, const struct log *log);

#endif
