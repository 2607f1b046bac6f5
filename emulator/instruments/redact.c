/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "redact.h"

#include <string.h>

#include "common/text.h"

static const char *const secret_headers[] = {
        "authorization", "proxy-authorization", "cookie",
        "set-cookie",    "x-identity-header",   "secret",
};

static const char *const secret_params[] = {
        "access_token", "attestation_token", "client_secret", "client_assertion",
        "assertion",    "refresh_token",     "password",      "csr",
};

static bool named(const char *const *names, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return true;
	return false;
}

bool redact_looks_like_token(const char *text, size_t len)
{
	/* A JWT's header starts with '{"', which is always "eyJ" in base64url. */
	const char *at = memmem(text, len, "eyJ", 3);
	const char *dot = at ? memchr(at, '.', len - (size_t)(at - text)) : NULL;

	return dot && memchr(dot + 1, '.', len - (size_t)(dot + 1 - text));
}

/* The value of a hex digit, or -1. */
static int hex_value(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at =
	        c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Appends the text as a reader of percent escapes sees it; a broken escape stays as it is and makes
 * the result false, and so do a NUL and memory that ran out. */
static bool decode(const char *text, size_t len, struct bytes *out)
{
	bool clean = true;

	for (size_t i = 0; i < len; i++) {
		int high = text[i] == '%' && len - i >= 3 ? hex_value(text[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text[i + 2]) : -1;

		if (low >= 0) {
			bytes_add_byte(out, (uint8_t)(high * 16 + low));
			i += 2;
			clean = clean && high + low > 0;
		} else {
			bytes_add_byte(out, (uint8_t)text[i]);
			clean = clean && text[i] != '%';
		}
	}
	return clean && !out->failed;
}

/* A token is inside, plainly or behind percent escapes. */
static bool hides_token(const char *text, size_t len)
{
	OWNED_STRUCT(bytes) plain = {.secret = true};

	if (redact_looks_like_token(text, len))
		return true;
	if (len == 0 || !memchr(text, '%', len))
		return false;
	(void)decode(text, len, &plain);
	return plain.failed || redact_looks_like_token((const char *)plain.data, plain.len);
}

/* Appends what can be shown of len bytes. */
static void add_visible(const char *text, size_t len, size_t max_len, struct bytes *out)
{
	bool utf8 = text_is_utf8(text, len);
	size_t shown = len < max_len ? len : max_len;

	/* Never cut inside a character. */
	while (utf8 && shown < len && shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80)
		shown--;
	for (size_t i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)text[i];

		bytes_add_byte(out, c < 0x20 || c == 0x7F || (c >= 0x80 && !utf8) ? '?' : c);
	}
	if (shown < len)
		bytes_add_text(out, "...");
}

static void add_checked(const char *text, size_t len, size_t max_len, struct bytes *out)
{
	if (hides_token(text, len))
		bytes_add_text(out, REDACTED);
	else
		add_visible(text, len, max_len, out);
}

void redact_text(const char *text, size_t max_len, struct bytes *out)
{
	add_checked(text, strlen(text), max_len, out);
}

void redact_header(const char *name, const char *value, size_t max_len, struct bytes *out)
{
	const char *space;

	if (!named(secret_headers, TEXT_COUNT(secret_headers), name, strlen(name))) {
		redact_text(value, max_len, out);
		return;
	}
	space = strchr(value, ' ');
	if (space && text_equal_nocase(name, "authorization") && space - value < 16) {
		add_checked(value, (size_t)(space - value), max_len, out);
		bytes_add_byte(out, ' ');
	}
	bytes_add_text(out, REDACTED);
}

/* The value must not be seen: its name says so once decoded, or what is there cannot be decoded, so
 * that nobody knows what it says. */
static bool is_secret_piece(const char *piece, size_t len, size_t name_len)
{
	OWNED_STRUCT(bytes) plain = {.secret = true};
	size_t plain_len;

	if (!decode(piece, name_len, &plain))
		return true;
	plain_len = plain.len;
	if (named(secret_params, TEXT_COUNT(secret_params), bytes_text(&plain), plain_len))
		return true;
	return !decode(piece + name_len, len - name_len, &plain);
}

/* One piece "name=value" of a query; without '=' it is all value. */
static void add_piece(const char *piece, size_t len, size_t max_len, struct bytes *out)
{
	const char *equals = memchr(piece, '=', len);
	size_t name_len = equals ? (size_t)(equals - piece) : len;

	if (equals ? !is_secret_piece(piece, len, name_len) : !is_secret_piece(piece, len, 0)) {
		add_checked(piece, len, max_len, out);
		return;
	}
	if (equals) {
		add_checked(piece, name_len, max_len, out);
		bytes_add_byte(out, '=');
	}
	bytes_add_text(out, REDACTED);
}

void redact_query(const char *query, size_t max_len, struct bytes *out)
{
	size_t start_len = out->len;

	for (;;) {
		const char *amp = strchr(query, '&');
		size_t used = out->len - start_len;

		if (used >= max_len) {
			bytes_add_text(out, "...");
			return;
		}
		add_piece(query, amp ? (size_t)(amp - query) : strlen(query), max_len - used, out);
		if (!amp)
			return;
		bytes_add_byte(out, '&');
		query = amp + 1;
	}
}
