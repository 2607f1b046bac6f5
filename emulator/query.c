/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "query.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"

/* The value of a hex digit, or -1. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes one component into out (at least len + 1 bytes); the length written, or -1 on a breach.
 */
static ptrdiff_t decode(const char *text, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = len - i >= 3 ? hex_value(text[i + 1]) : -1;
			int low = len - i >= 3 ? hex_value(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -1;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0')
			return -1;
		out[n++] = c;
	}
	out[n] = '\0';
	return text_is_utf8(out, n) ? (ptrdiff_t)n : -1;
}

/* Decodes one piece "name=value" to *at, which moves behind what was written. */
static bool add_piece(struct query *query, const char *piece, size_t len, char **at)
{
	const char *equals = memchr(piece, '=', len);
	size_t name_len = equals ? (size_t)(equals - piece) : len;
	size_t value_len = equals ? len - name_len - 1 : 0;
	struct query_param *param = &query->params[query->count];
	ptrdiff_t n;

	param->name = *at;
	n = decode(piece, name_len, *at);
	if (n < 0)
		return false;
	*at += n + 1;
	param->value = *at;
	n = decode(equals ? equals + 1 : piece + len, value_len, *at);
	if (n < 0)
		return false;
	*at += n + 1;
	query->count++;
	return true;
}

/* Walks the pieces between '&'; NULL, or what is wrong. */
static const char *add_pieces(struct query *query, const char *text, size_t len)
{
	char *at = query->storage;

	for (size_t start = 0; start < len;) {
		const char *amp = memchr(text + start, '&', len - start);
		size_t end = amp ? (size_t)(amp - text) : len;

		if (end > start) {
			if (query->count == QUERY_PARAMS_MAX)
				return "too many parameters";
			if (!add_piece(query, text + start, end - start, &at))
				return "broken percent-encoding, NUL or text that is not UTF-8";
		}
		start = end + 1;
	}
	return NULL;
}

enum msiv2_rc query_parse(const char *text, size_t len, const struct blame *blame,
                          struct query *out, struct msiv2_error *err)
{
	OWNED_STRUCT(query) query = {0};
	const char *wrong;

	memset(out, 0, sizeof(*out));
	if (len == 0)
		return MSIV2_OK;
	/* A piece of n >= 1 bytes takes at most n + 2, which is never more than 2n + 1; its '&'
	 * pays for the rest. */
	if (len > SIZE_MAX / 4)
		return err_blame(err, blame, "too long");
	query.storage = mem_alloc(len * 2 + 2);
	if (!query.storage)
		return err_no_memory(err, blame->where);
	wrong = add_pieces(&query, text, len);
	if (wrong)
		return err_blame(err, blame, "%s", wrong);
	*out = steal(&query);
	return MSIV2_OK;
}

void query_free(struct query *query)
{
	mem_free(query->storage);
	memset(query, 0, sizeof(*query));
}

const char *query_get(const struct query *query, const char *name, size_t *count)
{
	const char *found = NULL;
	size_t seen = 0;

	for (size_t i = 0; i < query->count; i++) {
		if (!text_equal(query->params[i].name, name))
			continue;
		if (seen++ == 0)
			found = query->params[i].value;
	}
	if (count)
		*count = seen;
	return found;
}

const char *query_repeated(const struct query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		size_t count = 0;

		(void)query_get(query, query->params[i].name, &count);
		if (count > 1)
			return query->params[i].name;
	}
	return NULL;
}

const char *query_unknown(const struct query *query, const char *const *known, size_t count)
{
	for (size_t i = 0; i < query->count; i++) {
		bool found = false;

		for (size_t k = 0; k < count && !found; k++)
			found = text_equal(query->params[i].name, known[k]);
		if (!found)
			return query->params[i].name;
	}
	return NULL;
}
