/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "admin_path.h"

#include <string.h>

#include "common/bytes.h"
#include "common/encoding.h"
#include "common/text.h"

/* Decodes a segment; false when it is empty, too long, or no text. */
static bool decode(const char *text, size_t len, char out[ADMIN_PARAM_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			OWNED_STRUCT(bytes) raw = {0};

			if (len - i < 3 || !hex_decode(text + i + 1, 2, &raw) || raw.len != 1)
				return false;
			c = (char)raw.data[0];
			i += 2;
		}
		if (c == '\0' || n + 1 >= ADMIN_PARAM_SIZE)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return n > 0 && text_is_utf8(out, n);
}

/* One segment of the path against one of the pattern. */
static bool match_segment(const char *pattern, size_t pattern_len, const char *path,
                          size_t path_len, struct admin_path_params *params)
{
	if (pattern_len == 0 || pattern[0] != '{')
		return pattern_len == path_len && memcmp(pattern, path, path_len) == 0;
	if (params->count == ADMIN_PARAMS_MAX)
		return false;
	return decode(path, path_len, params->value[params->count++]);
}

bool admin_path_match(const char *pattern, const char *path, struct admin_path_params *params)
{
	params->pattern = pattern;
	params->count = 0;
	for (;;) {
		size_t pattern_len = strcspn(pattern, "/");
		size_t path_len = strcspn(path, "/");

		if (!match_segment(pattern, pattern_len, path, path_len, params))
			return false;
		pattern += pattern_len;
		path += path_len;
		if (*pattern != *path)
			return false;
		if (*path == '\0')
			return true;
		pattern++;
		path++;
	}
}

const char *admin_path_param(const struct admin_path_params *params, const char *name)
{
	const char *at = params->pattern;
	size_t len = strlen(name);

	for (size_t i = 0; i < params->count; i++) {
		at = strchr(at, '{') + 1;
		if (strncmp(at, name, len) == 0 && at[len] == '}')
			return params->value[i];
	}
	return "";
}
