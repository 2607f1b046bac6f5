/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Text encodings of bytes: base64 (RFC 4648 section 4), base64url without padding (section 5), hex.
 * Decoders are strict: the right alphabet, full padding for base64, none for base64url, zero
 * bits where the encoding leaves bits over, no white space. Pure functions. */
#ifndef COMMON_ENCODING_H
#define COMMON_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/* Appends the base64 of data, one line, with padding. */
void base64_encode(const void *data, size_t len, struct bytes *out);
/* Appends the base64url of data, no padding. */
void base64url_encode(const void *data, size_t len, struct bytes *out);
/* Appends what text encodes; false (and out unchanged) when it is not strict base64. */
MSIV2_MUST_USE bool base64_decode(const char *text, size_t len, struct bytes *out);
/* Appends what text encodes; false (and out unchanged) when it is not strict base64url. */
MSIV2_MUST_USE bool base64url_decode(const char *text, size_t len, struct bytes *out);
/* Appends lower-case hex. */
void hex_encode(const void *data, size_t len, struct bytes *out);
/* Appends what text encodes, either case; false (and out unchanged) otherwise. */
MSIV2_MUST_USE bool hex_decode(const char *text, size_t len, struct bytes *out);

#endif
