/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the journal may show (SEC-01). Values that are secrets by name (Authorization, cookies, form
 * parameters such as client_assertion) or by look (anything like a JWT) are replaced; bytes that
 * are not printable text are shown as '?'. Pure functions. */
#ifndef EMULATOR_INSTRUMENTS_REDACT_H
#define EMULATOR_INSTRUMENTS_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"

#define REDACTED "[redacted]"

/* Appends a header's value: the scheme of an Authorization stays, its credentials go. */
void redact_header(const char *name, const char *value, size_t max_len, struct bytes *out);
/* Appends a path or other single text. */
void redact_text(const char *text, size_t max_len, struct bytes *out);
/* Appends a raw query, value by value. */
void redact_query(const char *query, size_t max_len, struct bytes *out);
/* A text that looks like a compact JWT is somewhere inside. */
bool redact_looks_like_token(const char *text, size_t len);

#endif
