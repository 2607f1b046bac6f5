/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The form of a JSON object as a table of its members, and the one function that checks it. Strict:
 * a member that has no row is refused. Errors are MSIV2_CONFIG; `where` is the file and the message
 * begins with the JSON path ("steps[2].with.n: ..."). Pure. */
#ifndef SCENARIOS_RUNNER_FORM_H
#define SCENARIOS_RUNNER_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"

enum form_type {
	FORM_ANY,
	FORM_BOOL,
	FORM_INTEGER, /* from min to max */
	FORM_TEXT,    /* min to max bytes; `valid` when there is one */
	FORM_WORD,    /* one of `words` */
	FORM_TEXTS,   /* array of min to max different texts */
	FORM_WORDS,   /* the same of `words` */
	FORM_WORD_OR_WORDS,
	FORM_OBJECT,  /* any, or of the form `object` */
	FORM_OBJECTS, /* array of min to max of them */
	FORM_ARRAY    /* min to max of anything */
};

struct form;

struct form_member {
	const char *name; /* NULL ends the table */
	enum form_type type;
	bool required;
	bool nullable;
	int64_t min, max;                /* max 0: no bound */
	const char *const *words;        /* ended by NULL */
	bool (*valid)(const char *text); /* of a text, and of each of several */
	const struct form *object;
};

struct form {
	const struct form_member *members;
};

/* Checks the object and everything below it. `path` is its own path, "" for the whole file. */
MSIV2_MUST_USE enum msiv2_rc form_check(const struct form *form, const cJSON *object,
                                        const char *path, const char *file,
                                        struct msiv2_error *err);
/* Where the word stands in the list; -1 when it does not. */
int form_word(const char *const *words, const char *word);

#endif
