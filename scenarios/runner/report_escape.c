/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "report_escape.h"

#include <string.h>

#include "common/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What a form writes instead of one ASCII character; NULL: the character itself. */
struct change {
	char from;
	const char *to;
};

static const struct change xml[] = {
        {'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},  {'"', "&quot;"},
        {'\'', "&#39;"}, {'\n', "&#10;"}, {'\t', "&#9;"}, {0, NULL},
};
static const struct change tap[] = {
        {'\\', "\\\\"}, {'#', "\\#"}, {'\n', " "}, {'\t', " "}, {0, NULL}};
static const struct change json[] = {
        {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\t', "\\t"}, {0, NULL}};
static const struct change plain[] = {{'\n', "\n"}, {'\t', "\t"}, {0, NULL}};
static const struct change line[] = {{'\n', "\\n"}, {'\t', "\\t"}, {0, NULL}};
static const struct change markdown[] = {
        {'&', "&amp;"}, {'<', "&lt;"},  {'>', "&gt;"}, {'|', "\\|"},   {'`', "\\`"}, {'*', "\\*"},
        {'_', "\\_"},   {'[', "\\["},   {']', "\\]"},  {'\\', "\\\\"}, {'!', "\\!"}, {'@', "&#64;"},
        {'~', "\\~"},   {'\n', "<br>"}, {'\t', " "},   {0, NULL},
};
static const struct change *const changes[] = {
        [ESCAPE_PLAIN] = plain, [ESCAPE_LINE] = line,         [ESCAPE_XML] = xml,
        [ESCAPE_TAP] = tap,     [ESCAPE_MARKDOWN] = markdown, [ESCAPE_JSON] = json,
};

/* The bytes of the character that begins here; 0 when none does. */
static size_t character_length(const char *text, size_t left)
{
	for (size_t len = 2; len <= 4 && len <= left; len++)
		if (text_is_utf8(text, len))
			return len;
	return 0;
}

/* U+0080 to U+009F control terminals too, U+202A to U+202E and U+2066 to U+2069 turn text around,
 * U+FFFE and U+FFFF are no characters of XML. */
static bool is_unfit(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;

	if (len == 2)
		return at[0] == 0xc2 && at[1] < 0xa0;
	if (len != 3)
		return false;
	return (at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
	       (at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9) ||
	       (at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe);
}

static void add_ascii(enum escape escape, char c, struct bytes *out)
{
	for (const struct change *change = changes[escape]; change->to; change++) {
		if (change->from != c)
			continue;
		bytes_add_text(out, change->to);
		return;
	}
	if ((unsigned char)c >= 0x20 && c != 0x7f)
		bytes_add_byte(out, (uint8_t)c);
	else if (escape == ESCAPE_PLAIN || escape == ESCAPE_LINE)
		bytes_addf(out, "\\x%02x", (unsigned)(unsigned char)c);
	else
		bytes_add_text(out, REPLACEMENT);
}

void report_escape(enum escape escape, const char *text, struct bytes *out)
{
	size_t left = text ? strlen(text) : 0;
	size_t len;

	for (; left > 0; text += len, left -= len) {
		len = 1;
		if ((unsigned char)*text < 0x80) {
			add_ascii(escape, *text, out);
			continue;
		}
		len = character_length(text, left);
		if (len > 0 && !is_unfit(text, len))
			bytes_add(out, text, len);
		else
			bytes_add_text(out, REPLACEMENT);
		len = len > 0 ? len : 1;
	}
}
