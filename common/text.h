/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Small pure questions about text. ASCII only: locale never matters. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/msiv2_base.h"

#define TEXT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Equal; NULL equals only NULL. */
bool text_equal(const char *a, const char *b);
/* Equal when ASCII case is ignored; NULL equals only NULL. */
bool text_equal_nocase(const char *a, const char *b);
/* text starts with prefix. */
bool text_starts(const char *text, const char *prefix);
bool text_starts_nocase(const char *text, const char *prefix);
/* NULL or "". */
bool text_empty(const char *text);
/* Copies into a buffer of `size` bytes; false (and out = "") when it does not fit. */
MSIV2_MUST_USE bool text_copy(char *out, size_t size, const char *text);
/* Whole decimal text as a number in [min, max]; no sign but a leading '-', no spaces. */
MSIV2_MUST_USE bool text_to_int(const char *text, int64_t min, int64_t max, int64_t *out);
/* len bytes are valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool text_is_utf8(const void *text, size_t len);
/* 8-4-4-4-12 hex digits, either case. */
bool text_is_uuid(const char *text);

#endif
