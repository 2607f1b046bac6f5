/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A growable byte buffer with a sticky failure.
 *
 * Appending never returns an error: a buffer that once ran out of memory or over its limit stays
 * failed and ignores what follows; ask once at the end with bytes_done(). A buffer that holds
 * anything has a NUL after its last byte, so its data can be read as text. `{0}` is a valid empty
 * buffer. A buffer for secrets starts as `{.secret = true}` and is overwritten whenever it
 * moves or is freed. */
#ifndef COMMON_BYTES_H
#define COMMON_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "own.h"

struct bytes {
	uint8_t *data; /* owned; NULL while empty */
	size_t len;
	size_t cap;
	size_t limit; /* most bytes it may hold; 0 = no limit */
	bool failed;
	bool over_limit; /* the failure was the limit, not memory */
	bool secret;
};

/* Frees what the buffer holds and makes it empty again; limit and secret stay. */
void bytes_free(struct bytes *b);
DEFINE_OWNED_VALUE(bytes, bytes_free)

/* Appends n bytes. */
void bytes_add(struct bytes *b, const void *data, size_t n);
/* Appends one byte. */
void bytes_add_byte(struct bytes *b, uint8_t byte);
/* Appends text without its NUL. */
void bytes_add_text(struct bytes *b, const char *text);
/* Appends formatted text. */
void bytes_addf(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same. */
void bytes_addv(struct bytes *b, const char *fmt, va_list args)
        __attribute__((format(printf, 2, 0)));
/* Forgets the content and the failure, keeps the memory. */
void bytes_clear(struct bytes *b);

/* MSIV2_OK when nothing failed since the start; otherwise MSIV2_INTERNAL naming `where`. */
MSIV2_MUST_USE enum msiv2_rc bytes_done(const struct bytes *b, const char *where,
                                        struct msiv2_error *err);

/* The content as text: "" when empty. Valid until the buffer changes. */
const char *bytes_text(const struct bytes *b);

#endif
