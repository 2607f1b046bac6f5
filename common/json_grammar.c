/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "json_grammar.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "json.h"
#include "text.h"

/* What is left to read, and the first complaint. */
struct cursor {
	const char *at;
	const char *end;
	const char *complaint;
};

static bool complain(struct cursor *c, const char *complaint)
{
	c->complaint = complaint;
	return false;
}

static char peek(const struct cursor *c)
{
	return c->at < c->end ? *c->at : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_space(struct cursor *c)
{
	while (c->at < c->end &&
	       (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
		c->at++;
}

static bool eat(struct cursor *c, char wanted)
{
	if (c->at >= c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* Four hex digits, or -1. */
static int32_t read_hex4(struct cursor *c)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++) {
		char d = peek(c);

		if (is_digit(d))
			value = value * 16 + (d - '0');
		else if (d >= 'a' && d <= 'f')
			value = value * 16 + (d - 'a' + 10);
		else if (d >= 'A' && d <= 'F')
			value = value * 16 + (d - 'A' + 10);
		else
			return -1;
		c->at++;
	}
	return value;
}

static bool check_unicode_escape(struct cursor *c)
{
	int32_t unit = read_hex4(c);

	if (unit < 0)
		return complain(c, "bad \\u escape");
	if (unit == 0)
		return complain(c, "U+0000 in a string");
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return complain(c, "lone surrogate");
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		if (!eat(c, '\\') || !eat(c, 'u'))
			return complain(c, "lone surrogate");
		unit = read_hex4(c);
		if (unit < 0xDC00 || unit > 0xDFFF)
			return complain(c, "lone surrogate");
	}
	return true;
}

static bool check_escape(struct cursor *c)
{
	char kind = peek(c);

	if (kind == '\0' || strchr("\"\\/bfnrtu", kind) == NULL)
		return complain(c, "bad escape in a string");
	c->at++;
	return kind != 'u' || check_unicode_escape(c);
}

static bool check_string(struct cursor *c)
{
	if (!eat(c, '"'))
		return complain(c, "a string is expected here");
	while (c->at < c->end) {
		uint8_t byte = (uint8_t)*c->at;

		if (byte < 0x20)
			return complain(c, "control character in a string");
		c->at++;
		if (byte == '"')
			return true;
		if (byte == '\\' && !check_escape(c))
			return false;
	}
	return complain(c, "string without an end");
}

static bool eat_digits(struct cursor *c)
{
	const char *start = c->at;

	while (is_digit(peek(c)))
		c->at++;
	return c->at > start;
}

/* Digits of a number are bounded so that cJSON, which reads at most 63, sees what we saw. */
static bool check_number(struct cursor *c)
{
	const char *start = c->at;

	(void)eat(c, '-');
	if (!eat(c, '0') && !eat_digits(c))
		return complain(c, "not a JSON value");
	if (eat(c, '.') && !eat_digits(c))
		return complain(c, "digits are missing after the point");
	if (peek(c) == 'e' || peek(c) == 'E') {
		const char *exponent;

		c->at++;
		if (!eat(c, '-'))
			(void)eat(c, '+');
		exponent = c->at;
		if (!eat_digits(c))
			return complain(c, "digits are missing in the exponent");
		if (c->at - exponent > 3)
			return complain(c, "exponent out of range");
	}
	if (is_digit(peek(c)))
		return complain(c, "number with a leading zero");
	return c->at - start <= 40 || complain(c, "number with too many digits");
}

static bool check_word(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return complain(c, "not a JSON value");
	c->at += len;
	return true;
}

static bool check_value(struct cursor *c, int depth);

static bool check_member(struct cursor *c, int depth)
{
	skip_space(c);
	if (!check_string(c))
		return false;
	skip_space(c);
	if (!eat(c, ':'))
		return complain(c, "':' is expected here");
	return check_value(c, depth);
}

/* An object or an array, from its opening bracket. */
static bool check_container(struct cursor *c, int depth)
{
	bool object = peek(c) == '{';
	char close = object ? '}' : ']';

	if (depth >= JSON_MAX_DEPTH)
		return complain(c, "nested too deeply");
	c->at++;
	skip_space(c);
	if (eat(c, close))
		return true;
	do {
		if (object ? !check_member(c, depth + 1) : !check_value(c, depth + 1))
			return false;
		skip_space(c);
	} while (eat(c, ','));
	return eat(c, close) ||
	       complain(c, object ? "',' or '}' is expected here" : "',' or ']' is expected here");
}

/* Recursion is bounded by JSON_MAX_DEPTH. */
static bool check_value(struct cursor *c, int depth)
{
	skip_space(c);
	switch (peek(c)) {
	case '{':
	case '[':
		return check_container(c, depth);
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, "true");
	case 'f':
		return check_word(c, "false");
	case 'n':
		return check_word(c, "null");
	default:
		return check_number(c);
	}
}

const char *json_grammar_check(const void *text, size_t len, size_t *at)
{
	struct cursor c = {.at = text};

	*at = 0;
	if (len == 0)
		return "empty";
	c.end = c.at + len;
	if (!text_is_utf8(text, len))
		return "not UTF-8";
	if (check_value(&c, 0)) {
		skip_space(&c);
		if (c.at < c.end)
			c.complaint = "bytes after the value";
	}
	*at = (size_t)(c.at - (const char *)text);
	return c.complaint;
}
