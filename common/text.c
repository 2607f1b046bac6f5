/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "text.h"

#include <string.h>

bool text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_nocase(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_starts_nocase(const char *text, const char *prefix)
{
	while (*prefix != '\0' && lower(*text) == lower(*prefix)) {
		text++;
		prefix++;
	}
	return *prefix == '\0';
}

bool text_empty(const char *text)
{
	return text == NULL || *text == '\0';
}

bool text_copy(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size) {
		out[0] = '\0';
		return false;
	}
	memcpy(out, text, len + 1);
	return true;
}

bool text_to_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	bool negative = text[0] == '-';
	int64_t value = 0;

	if (negative)
		text++;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		int64_t digit = *text - '0';

		if (digit < 0 || digit > 9)
			return false;
		/* Counts downwards, because INT64_MIN has no positive twin. */
		if (value < (INT64_MIN + digit) / 10)
			return false;
		value = value * 10 - digit;
	}
	if (!negative && value == INT64_MIN)
		return false;
	value = negative ? value : -value;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

/* Bytes of the UTF-8 character at p (n > 0 bytes left), or 0: RFC 3629 section 4. */
static size_t utf8_char(const uint8_t *p, size_t n)
{
	uint8_t low = 0x80, high = 0xBF;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (len > n)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0; /* overlong */
	if (p[0] == 0xED)
		high = 0x9F; /* surrogates */
	if (p[0] == 0xF0)
		low = 0x90; /* overlong */
	if (p[0] == 0xF4)
		high = 0x8F; /* beyond U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	return len;
}

bool text_is_utf8(const void *text, size_t len)
{
	const uint8_t *p = text;

	while (len > 0) {
		size_t n = utf8_char(p, len);

		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

bool text_is_uuid(const char *text)
{
	if (strlen(text) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		char c = lower(text[i]);
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}
