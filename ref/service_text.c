/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "service_text.h"

#include <stdbool.h>
#include <string.h>

#define LONG_WORD 80

/* base64, base64url and the dots between the parts of a JWT. '/' is left out: it would make one
 * word of every URL, and a token of standard base64 still shows by its long pieces. */
static const char word_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_.+=";

struct sink {
	char *out;
	size_t size;
	size_t len;
};

static void put(struct sink *sink, char c)
{
	if (sink->len + 1 < sink->size)
		sink->out[sink->len++] = c;
}

static bool looks_like_token(const char *word, size_t len)
{
	return len >= LONG_WORD || memmem(word, len, "eyJ", 3) != NULL;
}

static void put_word(struct sink *sink, const char *word, size_t len)
{
	if (looks_like_token(word, len)) {
		word = SERVICE_TEXT_REMOVED;
		len = strlen(SERVICE_TEXT_REMOVED);
	}
	for (size_t i = 0; i < len; i++)
		put(sink, word[i]);
}

static void put_other(struct sink *sink, char c)
{
	bool space = c == ' ' || (c >= '\t' && c <= '\r');

	if (space && (sink->len == 0 || sink->out[sink->len - 1] == ' '))
		return;
	if (space)
		c = ' ';
	put(sink, c >= 0x20 && c < 0x7F ? c : '?');
}

void service_text_copy(char *out, size_t size, const char *text)
{
	struct sink sink = {.out = out, .size = size};

	while (text != NULL && *text != '\0') {
		size_t len = strspn(text, word_characters);

		if (len > 0)
			put_word(&sink, text, len);
		else
			put_other(&sink, *text);
		text += len > 0 ? len : 1;
	}
	if (sink.len > 0 && out[sink.len - 1] == ' ')
		sink.len--;
	out[sink.len] = '\0';
}
