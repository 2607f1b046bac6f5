/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"

/* RFC 4648 section 10, and the two characters that tell base64 from base64url. */
static const struct {
	const char *raw;
	const char *base64;
	const char *base64url;
	const char *hex;
} vectors[] = {
        {"", "", "", ""},
        {"f", "Zg==", "Zg", "66"},
        {"fo", "Zm8=", "Zm8", "666f"},
        {"foo", "Zm9v", "Zm9v", "666f6f"},
        {"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
        {"\xfb\xff\xbf", "+/+/", "-_-_", "fbffbf"},
};

static void encoders_match_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(vectors); i++) {
		OWNED_STRUCT(bytes) out = {0};
		size_t len = strlen(vectors[i].raw);

		base64_encode(vectors[i].raw, len, &out);
		assert_string_equal(bytes_text(&out), vectors[i].base64);
		bytes_clear(&out);
		base64url_encode(vectors[i].raw, len, &out);
		assert_string_equal(bytes_text(&out), vectors[i].base64url);
		bytes_clear(&out);
		hex_encode(vectors[i].raw, len, &out);
		assert_string_equal(bytes_text(&out), vectors[i].hex);
	}
}

static void decoders_match_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(vectors); i++) {
		OWNED_STRUCT(bytes) out = {0};

		assert_true(base64_decode(vectors[i].base64, strlen(vectors[i].base64), &out));
		assert_true(
		        base64url_decode(vectors[i].base64url, strlen(vectors[i].base64url), &out));
		assert_true(hex_decode(vectors[i].hex, strlen(vectors[i].hex), &out));
		assert_int_equal(out.len, 3 * strlen(vectors[i].raw));
		assert_memory_equal(bytes_text(&out), vectors[i].raw, strlen(vectors[i].raw));
	}
}

static void base64_refuses_what_is_not_strict(void **state)
{
	static const char *const bad[] = {
	        "Z",      "Zg",    "Zg=",  "Zg===", "Zh==", "Zm9=",  "Zm8=Zg==",
	        "Zg==\n", " Zg==", "Z_==", "Zm-v",  "====", "Zm9v=", "=Zm9"};
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	bytes_add_text(&out, "kept");
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		if (base64_decode(bad[i], strlen(bad[i]), &out))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_string_equal(bytes_text(&out), "kept");
	}
}

static void base64url_refuses_padding_and_the_other_alphabet(void **state)
{
	static const char *const bad[] = {"Zg==", "Zh", "Z", "Zm+v", "Zm/v", "Zm9v Zg"};
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		if (base64url_decode(bad[i], strlen(bad[i]), &out))
			fail_msg("accepted \"%s\"", bad[i]);
	}
	assert_int_equal(out.len, 0);
}

static void hex_takes_either_case_and_whole_bytes_only(void **state)
{
	OWNED_STRUCT(bytes) out = {0};

	(void)state;
	assert_true(hex_decode("aBCd", 4, &out));
	assert_memory_equal(out.data, "\xab\xcd", 2);
	assert_false(hex_decode("abc", 3, &out));
	assert_false(hex_decode("0x", 2, &out));
	assert_false(hex_decode("g0", 2, &out));
	assert_int_equal(out.len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(encoders_match_the_vectors),
	        cmocka_unit_test(decoders_match_the_vectors),
	        cmocka_unit_test(base64_refuses_what_is_not_strict),
	        cmocka_unit_test(base64url_refuses_padding_and_the_other_alphabet),
	        cmocka_unit_test(hex_takes_either_case_and_whole_bytes_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
