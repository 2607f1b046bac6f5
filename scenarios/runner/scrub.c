/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "scrub.h"

#include <string.h>

#include "certificate_text.h"
#include "emulator/instruments/redact.h"

static bool is_secret(const char *text)
{
	return redact_looks_like_token(text, strlen(text)) || holds_private_key(text, strlen(text));
}

void scrub_text(const char *text, struct bytes *out)
{
	bytes_add_text(out, is_secret(text) ? REDACTED : text);
}

void scrub_hidden(struct bytes *out)
{
	bytes_add_text(out, REDACTED);
}

static bool scrub_value(cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);

	return !text || !is_secret(text) || cJSON_SetValuestring(value, REDACTED) != NULL;
}

bool scrub_json(cJSON *value)
{
	cJSON *below;

	if (!scrub_value(value))
		return false;
	cJSON_ArrayForEach(below, value) if (!scrub_json(below)) return false;
	return true;
}
