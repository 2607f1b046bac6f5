/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Entries whose checksum is right though something else is wrong. */
#ifndef TESTS_REF_STORE_ENTRY_SEAL_H
#define TESTS_REF_STORE_ENTRY_SEAL_H

#include "common/bytes.h"

/* Appends the entry with its last line made anew from the bytes before it. */
void entry_seal(const struct bytes *entry, struct bytes *out);
/* Appends the entry with `gone` bytes at `at` replaced by `put`, sealed. */
void entry_seal_splice(const struct bytes *entry, size_t at, size_t gone, const char *put,
                       size_t put_len, struct bytes *out);

#endif
