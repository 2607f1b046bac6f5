/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/bytes.h"
#include "common/mem.h"

void *__real_mem_resize(void *old, size_t size);
void *__wrap_mem_resize(void *old, size_t size);
void *__real_mem_alloc(size_t size);
void *__wrap_mem_alloc(size_t size);

static bool no_memory;

void *__wrap_mem_resize(void *old, size_t size)
{
	return no_memory ? NULL : __real_mem_resize(old, size);
}

void *__wrap_mem_alloc(size_t size)
{
	return no_memory ? NULL : __real_mem_alloc(size);
}

static void an_empty_buffer_reads_as_an_empty_text(void **state)
{
	struct bytes b = {0};

	(void)state;
	assert_string_equal(bytes_text(&b), "");
	assert_int_equal(bytes_done(&b, "test", NULL), MSIV2_OK);
	bytes_free(&b);
}

static void appended_bytes_stay_in_order_and_end_in_nul(void **state)
{
	OWNED_STRUCT(bytes) b = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		bytes_addf(&b, "%d,", i);
		assert_int_equal(b.data[b.len], 0);
	}
	assert_true(strncmp(bytes_text(&b), "0,1,2,3,", 8) == 0);
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	bytes_add(&b, "\0x", 2);
	bytes_add_byte(&b, 'y');
	assert_memory_equal(b.data + b.len - 3, "\0xy", 3);
}

static void a_limit_is_exact_and_sticky(void **state)
{
	struct msiv2_error err = {0};
	OWNED_STRUCT(bytes) b = {.limit = 4};

	(void)state;
	bytes_add_text(&b, "abcd");
	assert_int_equal(bytes_done(&b, "test", &err), MSIV2_OK);
	bytes_add_byte(&b, 'e');
	assert_int_equal(bytes_done(&b, "test", &err), MSIV2_INTERNAL);
	assert_string_equal(err.message, "more than 4 bytes");
	assert_string_equal(bytes_text(&b), "abcd");
	bytes_clear(&b);
	bytes_add_text(&b, "ok");
	assert_int_equal(bytes_done(&b, "test", &err), MSIV2_OK);
}

static void out_of_memory_is_reported_once_at_the_end(void **state)
{
	struct msiv2_error err = {0};
	OWNED_STRUCT(bytes) b = {0};

	(void)state;
	bytes_add_text(&b, "kept");
	no_memory = true;
	for (int i = 0; i < 100; i++)
		bytes_add_text(&b, "lost when the block is full");
	bytes_addf(&b, "%s", "also lost");
	no_memory = false;
	bytes_add_text(&b, "ignored");
	assert_int_equal(bytes_done(&b, "here", &err), MSIV2_INTERNAL);
	assert_string_equal(err.where, "here");
	assert_non_null(strstr(err.message, "memory"));
	assert_true(strncmp(bytes_text(&b), "kept", 4) == 0);
}

static void a_secret_buffer_grows_by_copy_and_is_wiped_when_cleared(void **state)
{
	OWNED_STRUCT(bytes) b = {.secret = true};
	const uint8_t *block;

	(void)state;
	bytes_add_text(&b, "secret");
	block = b.data;
	bytes_clear(&b);
	assert_ptr_equal(b.data, block);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(b.data[i], 0);
	for (int i = 0; i < 100; i++)
		bytes_add_text(&b, "grows");
	assert_int_equal(b.len, 500);
	no_memory = true;
	for (int i = 0; i < 1000; i++)
		bytes_add_text(&b, "fails");
	no_memory = false;
	assert_true(b.failed);
}

static void an_owned_buffer_leaves_by_steal(void **state)
{
	struct bytes taken;

	(void)state;
	{
		OWNED_STRUCT(bytes) b = {0};

		bytes_add_text(&b, "alive");
		taken = steal(&b);
	}
	assert_string_equal(bytes_text(&taken), "alive");
	bytes_free(&taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_empty_buffer_reads_as_an_empty_text),
	        cmocka_unit_test(appended_bytes_stay_in_order_and_end_in_nul),
	        cmocka_unit_test(a_limit_is_exact_and_sticky),
	        cmocka_unit_test(out_of_memory_is_reported_once_at_the_end),
	        cmocka_unit_test(a_secret_buffer_grows_by_copy_and_is_wiped_when_cleared),
	        cmocka_unit_test(an_owned_buffer_leaves_by_steal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
