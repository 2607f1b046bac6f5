/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/bytes.h"
#include "common/encoding.h"
#include "common/text.h"
#include "emulator/pki/der.h"

/* Decodes hex into an exact allocation, so that reading past the end is seen. */
static struct der from_hex(const char *hex, struct bytes *keep)
{
	bytes_clear(keep);
	assert_true(hex_decode(hex, strlen(hex), keep));
	return (struct der){keep->data, keep->len};
}

static void elements_come_off_the_front_one_by_one(void **state)
{
	OWNED_STRUCT(bytes) keep = {0};
	struct der in = from_hex("0201050500", &keep);
	struct der_element element;

	(void)state;
	assert_true(der_next(&in, &element));
	assert_int_equal(element.tag, DER_INTEGER);
	assert_int_equal(element.content.len, 1);
	assert_int_equal(element.content.data[0], 5);
	assert_int_equal(element.whole.len, 3);
	assert_true(der_next(&in, &element));
	assert_int_equal(element.tag, DER_NULL);
	assert_int_equal(element.content.len, 0);
	assert_int_equal(in.len, 0);
	assert_false(der_next(&in, &element));
}

static void what_is_not_der_is_refused_and_nothing_is_taken(void **state)
{
	static const char *const inputs[] = {
	        "",         /* nothing */
	        "02",       /* no length */
	        "0201",     /* content cut short */
	        "028101",   /* one byte too few, and not minimal */
	        "02810105", /* a length below 128 in the long form */
	        "02820080", /* a leading zero in the length */
	        "0280",     /* the indefinite form */
	        "3080020105000000",
	        "0284000000010500", /* four length octets */
	        "02ff05",           /* the reserved length octet */
	        "1f810105",         /* a tag number beyond 30 */
	        "bf2001",           /* the same, constructed */
	        "0282",             /* length octets cut short */
	        "028201",
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(inputs); i++) {
		OWNED_STRUCT(bytes) keep = {0};
		struct der in = from_hex(inputs[i], &keep), before = in;
		struct der_element element;

		if (der_next(&in, &element))
			fail_msg("taken: %s", inputs[i]);
		assert_ptr_equal(in.data, before.data);
		assert_int_equal(in.len, before.len);
	}
}

static void lengths_of_one_to_three_octets_are_read(void **state)
{
	static const struct {
		const char *header;
		size_t length;
	} rows[] = {{"047f", 0x7f},         {"048180", 0x80},     {"0481ff", 0xff},
	            {"04820100", 0x100},    {"0482ffff", 0xffff}, {"0483010000", 0x10000},
	            {"0483013579", 0x13579}};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) keep = {0};
		struct der in = from_hex(rows[i].header, &keep);
		struct der_element element;

		for (size_t n = 0; n < rows[i].length; n++)
			bytes_add_byte(&keep, 0);
		in = (struct der){keep.data, keep.len - 1};
		assert_false(der_next(&in, &element));
		in.len = keep.len;
		assert_true(der_next(&in, &element));
		assert_int_equal(element.content.len, rows[i].length);
		assert_int_equal(in.len, 0);
	}
}

static void take_and_only_insist_on_tag_and_end(void **state)
{
	OWNED_STRUCT(bytes) keep = {0};
	struct der in = from_hex("05000500", &keep), content;

	(void)state;
	assert_false(der_take(&in, DER_INTEGER, &content));
	assert_false(der_only(in, DER_NULL, &content));
	assert_true(der_take(&in, DER_NULL, &content));
	assert_true(der_only(in, DER_NULL, &content));
	assert_true(der_peek(&in, DER_NULL));
	assert_false(der_peek(&(struct der){NULL, 0}, DER_NULL));
}

static void small_integers_are_minimal_and_bounded(void **state)
{
	static const struct {
		const char *content;
		bool good;
		unsigned value;
	} rows[] = {{"00", true, 0},     {"7f", true, 127},    {"0080", true, 128},
	            {"00ff", true, 255}, {"0100", false, 0},   {"80", false, 0},
	            {"ff", false, 0},    {"0001", false, 0},   {"", false, 0},
	            {"ffff", false, 0},  {"00ffff", false, 0}, {"7fffffff", false, 0}};
	OWNED_STRUCT(bytes) keep = {0};
	unsigned value;

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		bool good = der_small_integer(from_hex(rows[i].content, &keep), 255, &value);

		assert_int_equal(good, rows[i].good);
		if (good)
			assert_int_equal(value, rows[i].value);
	}
}

static void positive_integers_lose_their_leading_zero(void **state)
{
	OWNED_STRUCT(bytes) keep = {0};
	struct der magnitude;

	(void)state;
	assert_true(der_positive_integer(from_hex("00ff01", &keep), &magnitude));
	assert_int_equal(magnitude.len, 2);
	assert_int_equal(magnitude.data[0], 0xff);
	assert_true(der_positive_integer(from_hex("010001", &keep), &magnitude));
	assert_int_equal(magnitude.len, 3);
	assert_false(der_positive_integer(from_hex("00", &keep), &magnitude));
	assert_false(der_positive_integer(from_hex("", &keep), &magnitude));
	assert_false(der_positive_integer(from_hex("ff01", &keep), &magnitude));
	assert_false(der_positive_integer(from_hex("0001", &keep), &magnitude));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(elements_come_off_the_front_one_by_one),
	        cmocka_unit_test(what_is_not_der_is_refused_and_nothing_is_taken),
	        cmocka_unit_test(lengths_of_one_to_three_octets_are_read),
	        cmocka_unit_test(take_and_only_insist_on_tag_and_end),
	        cmocka_unit_test(small_integers_are_minimal_and_bounded),
	        cmocka_unit_test(positive_integers_lose_their_leading_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
