/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Everything a store holds, read at once and judged as an acquisition would: for people's commands,
 * never for lookups, whose cost must not grow with what belongs to others. */
#ifndef REF_STORE_SURVEY_H
#define REF_STORE_SURVEY_H

#include <stddef.h>

#include "common/own.h"
#include "store.h"

/* One alias. */
struct survey_alias {
	char *folder; /* its name below the store */
	char *name;   /* NULL = no entry of the folder can be read */
	struct store_records records;
};

struct survey {
	struct survey_alias *aliases; /* by name, unreadable ones last */
	size_t count;
};

/* Frees the aliases and zeroes. */
void survey_free(struct survey *survey);
DEFINE_OWNED_VALUE(survey, survey_free)

/* Reads the store into the empty *out. A store that does not exist holds nothing. Errors as
 * store_each(). */
MSIV2_MUST_USE enum msiv2_rc survey_take(struct store *store, struct survey *out,
                                         struct msiv2_error *err);
/* Judges every alias by `want`, whose alias is of no matter. */
void survey_judge(struct survey *survey, const struct store_want *want);

#endif
