/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the program writes: whole texts to stdout, to files, and lines to stderr. */
#ifndef SCENARIOS_RUNNER_CLI_OUTPUT_H
#define SCENARIOS_RUNNER_CLI_OUTPUT_H

#include "common/bytes.h"
#include "common/err.h"

/* The filters fit something, and yet there is nothing. */
#define OUTPUT_NONE_LEFT "--level, --fast and --shard leave nothing of what the filters fit"

/* Exit status of the program, for good (docs/conformance.md). */
enum exit_status {
	STATUS_GOOD = 0,
	STATUS_FAILED = 1,   /* a scenario failed, or passed though it was expected to fail */
	STATUS_CONFIG = 2,   /* the command line, a file, the catalogue */
	STATUS_ERROR = 3,    /* the suite could not do its part */
	STATUS_NOTHING = 4,  /* nothing was shown: no scenario was chosen, or all were skipped */
	STATUS_STOPPED = 130 /* interrupted */
};

/* Writes the text to stdout. */
MSIV2_MUST_USE enum msiv2_rc output_print(const struct bytes *text, struct msiv2_error *err);
/* Writes it to the file, or to stdout when that is "-". */
MSIV2_MUST_USE enum msiv2_rc output_write(const char *path, const struct bytes *text,
                                          struct msiv2_error *err);
/* Writes the text to stderr as it is; that it cannot is nobody's business. */
void output_say(const char *text, size_t len);
/* Writes "msiv2-conformance: where: message" to stderr. */
void output_complain(const char *where, const char *message);

/* Appends the text as a word for a shell. */
void output_add_quoted(const char *text, struct bytes *out);

#endif
