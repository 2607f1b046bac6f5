/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The grammar behind json_parse(): RFC 8259, stricter where it leaves room (see json.h). Pure. */
#ifndef COMMON_JSON_GRAMMAR_H
#define COMMON_JSON_GRAMMAR_H

#include <stddef.h>

/* NULL when text is exactly one acceptable value; otherwise what is wrong (static text), with the
 * byte offset in *at. Duplicate members are not this function's business. */
const char *json_grammar_check(const void *text, size_t len, size_t *at);

#endif
