/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "options.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "text.h"

#define SHORT_LEN 2 /* of "-j" */

/* Number of edits (insert, delete, replace) from a to b; both are short. */
static size_t edits_between(const char *a, size_t a_len, const char *b)
{
	size_t row[64];
	size_t b_len = strlen(b);

	if (b_len >= TEXT_COUNT(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

static enum msiv2_rc unknown_option(const struct option_row *rows, size_t row_count,
                                    const char *arg, size_t name_len, struct msiv2_error *err)
{
	const char *closest = NULL;
	size_t least = 3;
	char shown[64];

	(void)snprintf(shown, sizeof(shown), "%.*s", name_len < 60 ? (int)name_len : 60, arg);
	for (size_t i = 0; i < row_count && name_len < 60; i++) {
		/* Any letter is like any other. */
		size_t edits = strlen(rows[i].name) > SHORT_LEN
		                       ? edits_between(arg, name_len, rows[i].name)
		                       : SIZE_MAX;

		if (edits < least) {
			least = edits;
			closest = rows[i].name;
		}
	}
	if (closest != NULL)
		return err_set(err, MSIV2_CONFIG, shown, "unknown option (did you mean %s?)",
		               closest);
	return err_set(err, MSIV2_CONFIG, shown, "unknown option");
}

static const struct option_row *find_row(const struct option_row *rows, size_t row_count,
                                         const char *arg, size_t name_len)
{
	for (size_t i = 0; i < row_count; i++) {
		if (strlen(rows[i].name) == name_len && memcmp(rows[i].name, arg, name_len) == 0)
			return &rows[i];
	}
	return NULL;
}

/* The value may be left out. */
static bool is_optional(const struct option_row *row)
{
	return row->value != NULL && row->value[0] == '[';
}

/* "-j4": the row of a short option whose value is joined to it, or NULL. */
static const struct option_row *find_joined(const struct option_row *rows, size_t row_count,
                                            const char *arg)
{
	const struct option_row *row = arg[1] != '-' && strlen(arg) > SHORT_LEN
	                                       ? find_row(rows, row_count, arg, SHORT_LEN)
	                                       : NULL;

	return row != NULL && row->value != NULL ? row : NULL;
}

/* One option at argv[*at]; moves *at past its value. `seen` has one bit per row. */
static enum msiv2_rc take_option(const struct option_row *rows, size_t row_count, void *into,
                                 int argc, char **argv, int *at, uint64_t *seen,
                                 struct msiv2_error *err)
{
	const char *arg = argv[*at];
	const char *equals = strchr(arg, '=');
	size_t name_len = equals != NULL ? (size_t)(equals - arg) : strlen(arg);
	const struct option_row *row = find_row(rows, row_count, arg, name_len);
	const struct option_row *joined = row == NULL ? find_joined(rows, row_count, arg) : NULL;
	const char *value = equals != NULL ? equals + 1 : NULL;
	uint64_t bit;

	if (joined != NULL) {
		row = joined;
		value = arg + SHORT_LEN;
	}
	if (row == NULL)
		return unknown_option(rows, row_count, arg, name_len, err);
	bit = UINT64_C(1) << (unsigned)(row - rows);
	if ((*seen & bit) != 0 && !row->repeats)
		return err_set(err, MSIV2_CONFIG, row->name, "given twice");
	*seen |= bit;
	if (row->value == NULL && value != NULL)
		return err_set(err, MSIV2_CONFIG, row->name, "takes no value");
	if (row->value != NULL && value == NULL && !is_optional(row)) {
		value = *at + 1 < argc ? argv[++*at] : NULL;
		if (value == NULL)
			return err_set(err, MSIV2_CONFIG, row->name, "needs a value: %s",
			               row->value);
	}
	return row->take(into, value, err);
}

enum msiv2_rc options_parse(const struct option_row *rows, size_t row_count, void *into, int argc,
                            char **argv, int *positional, struct msiv2_error *err)
{
	bool ended = false;
	uint64_t seen = 0;

	*positional = 0;
	if (row_count > 64)
		return err_set(err, MSIV2_INTERNAL, "options", "more than 64 rows");
	for (int i = 0; i < argc; i++) {
		/* "-" alone is an argument: it names standard input. */
		bool option = !ended && argv[i][0] == '-' && argv[i][1] != '\0';

		if (!option) {
			char *arg = argv[i];

			memmove(&argv[*positional + 1], &argv[*positional],
			        (size_t)(i - *positional) * sizeof(*argv));
			argv[(*positional)++] = arg;
		} else if (strcmp(argv[i], "--") == 0) {
			ended = true;
		} else {
			TRY(take_option(rows, row_count, into, argc, argv, &i, &seen, err));
		}
	}
	return MSIV2_OK;
}

void options_help(const struct option_row *rows, size_t row_count, struct bytes *out)
{
	int width = 0;

	for (size_t i = 0; i < row_count; i++) {
		size_t n = strlen(rows[i].name);

		n += rows[i].value != NULL ? strlen(rows[i].value) + !is_optional(&rows[i]) : 0;
		width = (int)n > width ? (int)n : width;
	}
	for (size_t i = 0; i < row_count; i++) {
		char left[80];

		(void)snprintf(left, sizeof(left), "%s%s%s", rows[i].name,
		               rows[i].value != NULL && !is_optional(&rows[i]) ? " " : "",
		               rows[i].value != NULL ? rows[i].value : "");
		bytes_addf(out, "  %-*s  %s\n", width, left, rows[i].help);
	}
}
