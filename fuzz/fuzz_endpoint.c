/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The address of the token service: what is called good has nothing in it that could lead a client
 * elsewhere. */
#include "target.h"

#include <string.h>

#include "common/bytes.h"
#include "common/text.h"
#include "ref/endpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_STRUCT(bytes) text = {0};
	const char *authority;
	size_t len;

	bytes_add(&text, data, size);
	if (endpoint_complaint(bytes_text(&text)) != NULL)
		return 0;
	FUZZ_REQUIRE(text_starts_nocase(bytes_text(&text), "https://"));
	FUZZ_REQUIRE(strpbrk(bytes_text(&text), "?#\\ \t\r\n") == NULL);
	authority = bytes_text(&text) + strlen("https://");
	len = strcspn(authority, "/");
	FUZZ_REQUIRE(len > 0 && memchr(authority, '@', len) == NULL);
	FUZZ_REQUIRE(memchr(authority, '%', len) == NULL && authority[0] != ':');
	return 0;
}
