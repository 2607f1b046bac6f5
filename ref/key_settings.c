/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "key_settings.h"

#include <stdlib.h>

#include "common/mem.h"
#include "common/text.h"

void key_settings_init(struct key_settings *settings)
{
	*settings = (struct key_settings){0};
	hierarchy_default(&settings->hierarchy);
}

void key_settings_free(struct key_settings *settings)
{
	mem_free(settings->name);
	mem_free(settings->module);
	mem_free(settings->token_label);
	mem_free(settings->pin_file);
	mem_free(settings->tcti);
	*settings = (struct key_settings){0};
}

static enum msiv2_rc choose(char **out, const char *set, const char *variable,
                            struct msiv2_error *err)
{
	if (text_empty(set) && variable != NULL)
		set = secure_getenv(variable);
	if (text_empty(set))
		return MSIV2_OK;
	*out = mem_strdup(set);
	return *out != NULL ? MSIV2_OK : err_no_memory(err, "key settings");
}

enum msiv2_rc key_settings_resolve(const struct key_settings *from, struct key_settings *out,
                                   struct msiv2_error *err)
{
	OWNED_STRUCT(key_settings) copy = {.hierarchy = from->hierarchy, .attest = from->attest};

	TRY(hierarchy_check(&copy.hierarchy, err));
	TRY(choose(&copy.name, from->name, NULL, err));
	TRY(choose(&copy.module, from->module, "MSIV2_PKCS11_MODULE", err));
	TRY(choose(&copy.token_label, from->token_label, "MSIV2_PKCS11_TOKEN", err));
	TRY(choose(&copy.pin_file, from->pin_file, NULL, err));
	TRY(choose(&copy.tcti, from->tcti, "MSIV2_TCTI", err));
	*out = steal(&copy);
	return MSIV2_OK;
}

const char *key_settings_name(const struct key_settings *settings)
{
	return settings->name != NULL ? settings->name : "msiv2";
}

struct key_place key_settings_place(const struct key_settings *settings,
                                    const struct msiv2_clock *clock, const struct log *log)
{
	return (struct key_place){.name = settings->name,
	                          .module = settings->module,
	                          .token_label = settings->token_label,
	                          .pin_file = settings->pin_file,
	                          .tcti = settings->tcti,
	                          .clock = clock,
	                          .log = *log};
}
