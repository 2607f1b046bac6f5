/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Command-line options as a table. `--name VALUE` and `--name=VALUE` are the same, and so are `-n
 * VALUE` and `-nVALUE`; flags take no value; `--` ends the options; an option given twice is an
 * error unless its row repeats. Abbreviations are not accepted. Every failure is MSIV2_CONFIG with
 * the option as `where`. */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct option_row {
	const char *name; /* "--imds", or a short one such as "-v" */
	/* "URL" as shown by help; NULL for a flag. "[=URL]": it may be left out, and is taken from
	 * --name=VALUE only. */
	const char *value;
	const char *help; /* one sentence, no newline */
	bool repeats;     /* may be given more than once */
	/* Takes one occurrence; value is NULL for a flag and for what is left out. `into` is the
	 * caller's struct. */
	enum msiv2_rc (*take)(void *into, const char *value, struct msiv2_error *err);
};

/* Walks argv[0..argc). Positional arguments are moved, in order, to the front of argv and counted
 * in *positional. Names an unknown option and, where one is close, the one that was meant. */
MSIV2_MUST_USE enum msiv2_rc options_parse(const struct option_row *rows, size_t row_count,
                                           void *into, int argc, char **argv, int *positional,
                                           struct msiv2_error *err);

/* Appends the help lines of a table, aligned. */
struct bytes;
void options_help(const struct option_row *rows, size_t row_count, struct bytes *out);

#endif
