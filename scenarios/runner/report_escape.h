/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Text of others in a report: whatever bytes it has, the report stays well-formed. Bytes that are
 * no UTF-8, and characters that a form cannot hold, become U+FFFD. Pure. */
#ifndef SCENARIOS_RUNNER_REPORT_ESCAPE_H
#define SCENARIOS_RUNNER_REPORT_ESCAPE_H

#include "common/bytes.h"

enum escape {
	ESCAPE_PLAIN,    /* terminals: control characters as \x1b, line feeds stay */
	ESCAPE_LINE,     /* the same, line feeds too */
	ESCAPE_XML,      /* XML and HTML, in text and in attributes */
	ESCAPE_TAP,      /* a description of TAP 14: one line, no directive */
	ESCAPE_MARKDOWN, /* a cell of a table: one line, nothing is markup */
	ESCAPE_JSON      /* inside the quotes of a JSON text, which YAML reads too */
};

/* Appends the text; NULL is nothing. */
void report_escape(enum escape escape, const char *text, struct bytes *out);

#endif
