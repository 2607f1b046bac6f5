/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "entry_seal.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/encoding.h"

#define SEAL_LEN (8 + 64 + 1) /* "sha256: ", hex, line break */

static void add_seal(struct bytes *out)
{
	uint8_t sum[32];

	assert_int_equal(EVP_Digest(out->data, out->len, sum, NULL, EVP_sha256(), NULL), 1);
	bytes_add_text(out, "sha256: ");
	hex_encode(sum, sizeof(sum), out);
	bytes_add_text(out, "\n");
}

void entry_seal(const struct bytes *entry, struct bytes *out)
{
	assert_true(entry->len > SEAL_LEN);
	bytes_add(out, entry->data, entry->len - SEAL_LEN);
	add_seal(out);
}

void entry_seal_splice(const struct bytes *entry, size_t at, size_t gone, const char *put,
                       size_t put_len, struct bytes *out)
{
	assert_true(at + gone + SEAL_LEN <= entry->len);
	bytes_add(out, entry->data, at);
	bytes_add(out, put, put_len);
	bytes_add(out, entry->data + at + gone, entry->len - SEAL_LEN - at - gone);
	add_seal(out);
}
