/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "token_note.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "role.h"

void token_note(struct journal_notes *notes, const char *type, const struct bytes *jwt)
{
	static const struct blame blame = {MSIV2_INTERNAL, "jwt"};
	const char *text = bytes_text(jwt);
	const char *dot = strchr(text, '.');
	const char *end = dot ? strchr(dot + 1, '.') : NULL;
	OWNED_STRUCT(bytes) payload = {.secret = true};
	OWNED(cJSON) *claims = NULL;
	const char *jti = NULL;

	role_note(notes->token_type, sizeof(notes->token_type), type);
	if (end && base64url_decode(dot + 1, (size_t)(end - dot - 1), &payload) &&
	    json_parse_object(payload.data, payload.len, &blame, &claims, NULL) == MSIV2_OK &&
	    json_need_string(claims, "jti", &blame, &jti, NULL) == MSIV2_OK)
		role_note(notes->token_jti, sizeof(notes->token_jti), jti);
}
