/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Keys of several names and in several devices that share a store: none takes another's entries for
 * orphans. */
#include "tests/testing.h"

#include <string.h>

#include "keeper.h"
#include "paper_provider.h"

/* Two programs with keys of their own share a store: neither takes the other's entries for orphans.
 */
static void what_a_key_of_another_name_has_is_left_alone(void **state)
{
	struct keeper *desk = *state;
	struct key *first;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	first = paper_provider()->inner;
	paper_provider()->inner = NULL;
	desk->key_name = "second";
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_int_equal(keeper_entries(desk), 2);
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	key_free(paper_provider()->inner);
	paper_provider()->inner = first;
	desk->key_name = NULL;
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(keeper_entries(desk), 2);
}

/* Another device, which may have a key of that name already; the first key is given back. */
static struct key *change_drawer(const char *device, struct key *key)
{
	struct key *before = paper_provider()->inner;

	paper_provider()->inner = key;
	paper_provider()->device = device;
	return before;
}

/* Two devices with keys of one name share a store. */
static void what_a_key_in_another_device_has_is_left_alone(void **state)
{
	struct keeper *desk = *state;
	struct key *first, *second;

	paper_provider()->device = "one";
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	first = change_drawer("two", NULL);
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_int_equal(keeper_entries(desk), 2);
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	second = change_drawer("one", first);
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(keeper_entries(desk), 2);
	/* STORE-07: the key of the device itself is another one by now. */
	key_free(change_drawer("one", NULL));
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_int_equal(keeper_entries(desk), 2);
	key_free(change_drawer("two", second));
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(keeper_entries(desk), 2);
	assert_int_equal(desk->warnings, 0);
}

/* STORE-07: an orphan that was not removed when its successor was written goes with the next look.
 */
static void an_orphan_of_the_same_device_is_found_by_a_look(void **state)
{
	struct keeper *desk = *state;

	paper_provider()->device = "one";
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	key_free(change_drawer(NULL, NULL));
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_non_null(strstr(desk->log, "the device cannot be named: the label came off"));
	assert_int_equal(keeper_entries(desk), 2);
	paper_provider()->device = "one";
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(keeper_entries(desk), 1);
	/* Nothing to tell apart, nobody to ask. */
	paper_provider()->named = 0;
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(paper_provider()->named, 0);
}

#define at_a_desk(name) cmocka_unit_test_setup_teardown(name, keeper_setup, keeper_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(what_a_key_of_another_name_has_is_left_alone),
	        at_a_desk(what_a_key_in_another_device_has_is_left_alone),
	        at_a_desk(an_orphan_of_the_same_device_is_found_by_a_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
