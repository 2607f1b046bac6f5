/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "friendly_name.h"

#include <stdbool.h>
#include <string.h>

#define WHERE    "store"
#define HEAD     "MSAL|alias="
#define ENDPOINT "|ep="

/* NULL when the text may stand in a friendly name, otherwise what is wrong with it (STORE-10). */
static const char *complaint(const char *text, size_t len)
{
	bool blank = true;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '|' || text[i] == '\r' || text[i] == '\n' || text[i] == '\0')
			return "holds '|', CR, LF or NUL";
		if (text[i] != ' ' && text[i] != '\t')
			blank = false;
	}
	return blank ? "is blank" : NULL;
}

static enum msiv2_rc check(const char *what, const char *text, size_t len, struct msiv2_error *err)
{
	const char *wrong = complaint(text, len);

	if (wrong != NULL)
		return err_set(err, MSIV2_STORE, WHERE, "friendly name: the %s %s", what, wrong);
	return MSIV2_OK;
}

enum msiv2_rc friendly_name_add(const char *alias, const char *endpoint, struct bytes *out,
                                struct msiv2_error *err)
{
	TRY(check("alias", alias, strlen(alias), err));
	TRY(check("endpoint", endpoint, strlen(endpoint), err));
	bytes_add_text(out, HEAD);
	bytes_add_text(out, alias);
	bytes_add_text(out, ENDPOINT);
	bytes_add_text(out, endpoint);
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc friendly_name_parse(const char *name, size_t len, struct bytes *alias,
                                  struct bytes *endpoint, struct msiv2_error *err)
{
	const size_t head = strlen(HEAD), middle = strlen(ENDPOINT);
	const char *bar = NULL;
	size_t alias_len = 0, rest = 0;

	if (len > head && memcmp(name, HEAD, head) == 0)
		bar = memchr(name + head, '|', len - head);
	if (bar == NULL)
		return err_set(err, MSIV2_STORE, WHERE, "friendly name: not \"%s...%s...\"", HEAD,
		               ENDPOINT);
	alias_len = (size_t)(bar - name) - head;
	rest = len - head - alias_len;
	if (rest < middle || memcmp(bar, ENDPOINT, middle) != 0)
		return err_set(err, MSIV2_STORE, WHERE, "friendly name: no endpoint");
	TRY(check("alias", name + head, alias_len, err));
	TRY(check("endpoint", bar + middle, rest - middle, err));
	bytes_add(alias, name + head, alias_len);
	bytes_add(endpoint, bar + middle, rest - middle);
	TRY(bytes_done(alias, WHERE, err));
	return bytes_done(endpoint, WHERE, err);
}
