/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "places.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/files.h"
#include "common/fs.h"
#include "common/text.h"

#define PROGRAM   "/proc/self/exe"
#define CATALOGUE "catalogue"
#define SCRIPTS   "script"

/* Appends the folder of that name that is installed with this program; nothing when the program is
 * not installed. */
static enum msiv2_rc find_installed(const char *name, struct bytes *out, struct msiv2_error *err)
{
	char program[PATH_MAX];
	int len;

	if (fs_realpath(PROGRAM, program) != 0)
		return MSIV2_OK;
	len = (int)(strrchr(program, '/') - program);
	bytes_addf(out, "%.*s/" MSIV2_INSTALLED_DATA, len, program);
	TRY(bytes_done(out, name, err));
	if (!files_exists(bytes_text(out))) {
		bytes_clear(out);
		return MSIV2_OK;
	}
	bytes_addf(out, "/%s", name);
	return bytes_done(out, name, err);
}

static const char *first_of(const char *option, const char *variable, const struct bytes *installed,
                            const char *source)
{
	const char *set = getenv(variable);

	return option               ? option
	       : !text_empty(set)   ? set
	       : installed->len > 0 ? bytes_text(installed)
	                            : source;
}

enum msiv2_rc places_find(struct arguments *arguments, struct places *places,
                          struct msiv2_error *err)
{
	TRY(find_installed(CATALOGUE, &places->catalogue, err));
	TRY(find_installed(SCRIPTS, &places->scripts, err));
	arguments->catalogue_given = arguments->catalogue;
	arguments->scripts_given = arguments->scripts;
	arguments->catalogue_asked = arguments->catalogue || !text_empty(getenv("MSIV2_CATALOGUE"));
	arguments->catalogue = first_of(arguments->catalogue, "MSIV2_CATALOGUE", &places->catalogue,
	                                MSIV2_CATALOGUE_DIR);
	arguments->scripts =
	        first_of(arguments->scripts, "MSIV2_SCRIPTS", &places->scripts, MSIV2_SCRIPTS_DIR);
	return MSIV2_OK;
}

void places_free(struct places *places)
{
	bytes_free(&places->catalogue);
	bytes_free(&places->scripts);
}
