/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "encoding.h"

#include <string.h>

static const char alphabet_std[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode64(const uint8_t *in, size_t len, const char *alphabet, bool pad,
                     struct bytes *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)in[i] << 16;
		char text[4];

		if (n > 1)
			group |= (uint32_t)in[i + 1] << 8;
		if (n > 2)
			group |= in[i + 2];
		for (size_t k = 0; k < 4; k++)
			text[k] = k <= n ? alphabet[(group >> (18 - 6 * k)) & 63] : '=';
		bytes_add(out, text, pad ? 4 : n + 1);
	}
}

void base64_encode(const void *data, size_t len, struct bytes *out)
{
	encode64(data, len, alphabet_std, true, out);
}

void base64url_encode(const void *data, size_t len, struct bytes *out)
{
	encode64(data, len, alphabet_url, false, out);
}

/* 0..63, or -1. */
static int value64(char c, char c62, char c63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == c62)
		return 62;
	return c == c63 ? 63 : -1;
}

/* Decodes len characters without padding. False on a foreign character, on a length no encoder
 * makes, and on leftover bits that are not zero (two texts must never decode to one value). */
static bool decode64(const char *text, size_t len, char c62, char c63, struct bytes *out)
{
	uint32_t group = 0;
	unsigned bits = 0;
	size_t before = out->len;
	bool good = len % 4 != 1;

	for (size_t i = 0; i < len && good; i++) {
		int v = value64(text[i], c62, c63);

		good = v >= 0;
		group = (group << 6 | (uint32_t)(v & 63)) & 0xFFFFFF;
		bits += 6;
		if (good && bits >= 8) {
			bits -= 8;
			bytes_add_byte(out, (uint8_t)(group >> bits));
		}
	}
	good = good && (group & ((1U << bits) - 1)) == 0;
	if (!good && out->len > before) {
		out->len = before;
		out->data[before] = 0;
	}
	return good;
}

bool base64_decode(const char *text, size_t len, struct bytes *out)
{
	if (len % 4 != 0)
		return false;
	for (int pad = 0; pad < 2 && len > 0 && text[len - 1] == '='; pad++)
		len--;
	return decode64(text, len, '+', '/', out);
}

bool base64url_decode(const char *text, size_t len, struct bytes *out)
{
	return decode64(text, len, '-', '_', out);
}

void hex_encode(const void *data, size_t len, struct bytes *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = data;

	for (size_t i = 0; i < len; i++) {
		char pair[2] = {digits[in[i] >> 4], digits[in[i] & 15]};

		bytes_add(out, pair, 2);
	}
}

static int value16(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(const char *text, size_t len, struct bytes *out)
{
	if (len % 2 != 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (value16(text[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < len; i += 2)
		bytes_add_byte(out, (uint8_t)(value16(text[i]) * 16 + value16(text[i + 1])));
	return true;
}
