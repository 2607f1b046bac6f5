/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The strict decoders: whatever one accepts, its encoder gives back to the letter (hex: in lower
 * case), so that two texts never mean the same bytes. */
#include "target.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"

typedef bool (*decode_fn)(const char *text, size_t len, struct bytes *out);
typedef void (*encode_fn)(const void *data, size_t len, struct bytes *out);

static void round_trip(const char *text, size_t size, decode_fn decode, encode_fn encode)
{
	OWNED_STRUCT(bytes) raw = {0};
	OWNED_STRUCT(bytes) back = {0};

	if (!decode(text, size, &raw)) {
		FUZZ_REQUIRE(raw.len == 0);
		return;
	}
	encode(raw.data, raw.len, &back);
	FUZZ_REQUIRE(back.len == size);
	for (size_t i = 0; i < size && encode != hex_encode; i++)
		FUZZ_REQUIRE(back.data[i] == (uint8_t)text[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	round_trip(text, size, base64_decode, base64_encode);
	round_trip(text, size, base64url_decode, base64url_encode);
	round_trip(text, size, hex_decode, hex_encode);
	(void)text_is_utf8(data, size);
	return 0;
}
