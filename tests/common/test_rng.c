/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/rng.h"
#include "common/text.h"

static bool fill_with_ff(void *ctx, void *out, size_t n)
{
	(void)ctx;
	memset(out, 0xFF, n);
	return true;
}

static bool fail_to_fill(void *ctx, void *out, size_t n)
{
	(void)ctx;
	(void)out;
	(void)n;
	return false;
}

static void a_uuid_shows_version_and_variant(void **state)
{
	const struct rng ones = {.fill = fill_with_ff};
	char uuid[UUID_TEXT_SIZE];

	(void)state;
	assert_true(rng_uuid(&ones, uuid));
	assert_string_equal(uuid, "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

static void two_system_uuids_differ(void **state)
{
	char a[UUID_TEXT_SIZE], b[UUID_TEXT_SIZE];

	(void)state;
	assert_true(rng_uuid(rng_system(), a) && rng_uuid(rng_system(), b));
	assert_true(text_is_uuid(a) && text_is_uuid(b));
	assert_string_not_equal(a, b);
}

static void a_dry_source_is_noticed(void **state)
{
	const struct rng dry = {.fill = fail_to_fill};
	char uuid[UUID_TEXT_SIZE];
	uint8_t byte;

	(void)state;
	assert_false(rng_fill(&dry, &byte, 1));
	assert_false(rng_uuid(&dry, uuid));
	assert_int_equal(rng_below(&dry, 10), 0);
}

static void numbers_stay_below_their_bound(void **state)
{
	bool seen[3] = {false};

	(void)state;
	for (int i = 0; i < 1000; i++)
		seen[rng_below(rng_system(), 3)] = true;
	assert_true(seen[0] && seen[1] && seen[2]);
}

static void a_seed_repeats_its_numbers(void **state)
{
	struct rng_seeded first, again, other;
	uint8_t a[20], b[20], c[20];

	(void)state;
	rng_seeded_init(&first, 1);
	rng_seeded_init(&again, 1);
	rng_seeded_init(&other, 2);
	/* Three numbers, the last one in part. */
	assert_true(rng_fill(&first.rng, a, sizeof(a)) && rng_fill(&again.rng, b, sizeof(b)) &&
	            rng_fill(&other.rng, c, sizeof(c)));
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	assert_memory_not_equal(a, a + 8, 8);
	assert_int_equal(rng_below(&first.rng, 1000), rng_below(&again.rng, 1000));
	/* The first number of SplitMix64 from 0, little-endian. */
	rng_seeded_init(&first, 0);
	assert_true(rng_fill(&first.rng, a, 8));
	assert_memory_equal(a, "\xaf\xcd\x1d\x7b\x39\xa8\x20\xe2", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_uuid_shows_version_and_variant),
	        cmocka_unit_test(two_system_uuids_differ),
	        cmocka_unit_test(a_dry_source_is_noticed),
	        cmocka_unit_test(numbers_stay_below_their_bound),
	        cmocka_unit_test(a_seed_repeats_its_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
