/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Query strings and application/x-www-form-urlencoded bodies as decoded name/value pairs, in order.
 *
 * Strict where a server must be: percent escapes are two hex digits, what they decode to is UTF-8
 * without NUL, and repeated names stay visible (META-09 refuses them). Empty pieces between '&' are
 * skipped, a piece without '=' has the empty value, '+' is a space. Pure; any bytes may be given.
 */
#ifndef EMULATOR_QUERY_H
#define EMULATOR_QUERY_H

#include <stddef.h>

#include "common/err.h"
#include "common/own.h"

#define QUERY_PARAMS_MAX 64

struct query_param {
	const char *name;
	const char *value;
};

/* Parsed parameters; the texts point into storage. `{0}` is an empty query. */
struct query {
	struct query_param params[QUERY_PARAMS_MAX];
	size_t count;
	char *storage; /* owned */
};

/* Parses len bytes; text may be NULL when len is 0. Fails with the blame's class for a broken
 * escape, a NUL, text that is not UTF-8, or more than QUERY_PARAMS_MAX parameters; *out is then
 * empty. */
MSIV2_MUST_USE enum msiv2_rc query_parse(const char *text, size_t len, const struct blame *blame,
                                         struct query *out, struct msiv2_error *err);
/* Frees the storage and zeroes the rest. */
void query_free(struct query *query);
DEFINE_OWNED_VALUE(query, query_free)

/* The first value of that name (case-sensitive), or NULL. *count (optional) = how many there are.
 */
const char *query_get(const struct query *query, const char *name, size_t *count);
/* The first name that occurs more than once, or NULL. */
const char *query_repeated(const struct query *query);
/* The first name that is not among the `count` known ones, or NULL. */
const char *query_unknown(const struct query *query, const char *const *known, size_t count);

#endif
