/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "challenge.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"

#define CLAIMS "claims=\""

void challenge_line(const char *header, struct bytes *out)
{
	for (const char *at = header; *at != '\0'; at++)
		bytes_add_byte(out, *at >= ' ' && *at <= '~' ? (uint8_t)*at : '?');
}

/* The value of claims="...", not inside another quoted value; NULL when there is none. */
static const char *find_claims(const char *header, size_t *len)
{
	bool quoted = false;

	for (const char *at = header; *at != '\0'; at++) {
		bool begins = at == header || strchr(" ,\t", at[-1]) != NULL;

		if (!quoted && begins && text_starts_nocase(at, CLAIMS)) {
			at += strlen(CLAIMS);
			*len = strcspn(at, "\"");
			return at[*len] == '"' ? at : NULL;
		}
		if (quoted && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			quoted = !quoted;
	}
	return NULL;
}

static bool is_line_of_json(const struct bytes *text)
{
	const struct blame blame = {MSIV2_CONFIG, "claims"};
	OWNED(cJSON) *json = NULL;

	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] < ' ' || text->data[i] > '~')
			return false;
	return json_parse_object(text->data, text->len, &blame, &json, NULL) == MSIV2_OK;
}

bool challenge_claims(const char *header, struct bytes *out)
{
	OWNED_STRUCT(bytes) text = {0};
	size_t len = 0;
	const char *value = find_claims(header, &len);

	if (value == NULL ||
	    (!base64_decode(value, len, &text) && !base64url_decode(value, len, &text)) ||
	    !is_line_of_json(&text))
		return false;
	bytes_add(out, text.data, text.len);
	return true;
}
