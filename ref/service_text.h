/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a service said, made fit for logs and error messages (SEC-01): one line of printable ASCII
 * without anything that could be a token. Pure. */
#ifndef REF_SERVICE_TEXT_H
#define REF_SERVICE_TEXT_H

#include <stddef.h>

/* What stands for a removed word. */
#define SERVICE_TEXT_REMOVED "[removed]"

/* Copies what fits into `size` (at least 1) bytes of out; NULL counts as "". White space runs
 * become one space, other control and non-ASCII bytes '?'. A word of token characters is removed
 * when it has "eyJ" in it (base64 of the '{"' that every JWT begins with) or is 80 characters and
 * longer. */
void service_text_copy(char *out, size_t size, const char *text);

#endif
