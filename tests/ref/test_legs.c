/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What those who wait at the mint gate are told while a leg takes long, and whose they are. */
#include "tests/testing.h"

#include "common/clock.h"
#include "common/text.h"
#include "ref/legs.h"
#include "ref/persistence.h"
#include "tests/ref/virtual_clock.h"

static int told;

void __wrap_store_lock_progress(struct store_lock *lock);

void __wrap_store_lock_progress(struct store_lock *lock)
{
	assert_non_null(lock);
	told++;
}

/* LIFE-04 */
static void who_waits_for_one_thing_for_a_minute_gives_no_sign_any_more(void **state)
{
	struct virtual_clock time;
	struct msiv2_client client = {.clock = &time.clock};
	struct acquisition a = {.client = &client};

	(void)state;
	virtual_clock_start(&time);
	told = 0;
	leg_lives(&a, true); /* holds no gate */
	assert_int_equal(told, 0);
	a.gate = (struct store_lock *)&time; /* never looked into */
	leg_lives(&a, true);
	leg_lives(&a, false); /* too soon to be worth a write */
	assert_int_equal(told, 1);
	for (int s = 0; s < 2 * LEG_QUIET_S; s++) {
		clock_wait_us(client.clock, CLOCK_US_PER_S);
		leg_lives(&a, false);
	}
	assert_int_equal(told, 1 + LEG_QUIET_S);
	leg_lives(&a, true);
	assert_int_equal(told, 2 + LEG_QUIET_S);
}

static void an_alias_is_the_identity_as_given_and_whether_it_is_attested(void **state)
{
	static const struct {
		struct identity identity;
		bool attest;
		const char *alias;
	} rows[] = {
	        {{MSIV2_IDENTITY_SYSTEM, NULL}, false, "system_assigned_managed_identity#att=0"},
	        {{MSIV2_IDENTITY_SYSTEM, NULL}, true, "system_assigned_managed_identity#att=1"},
	        {{MSIV2_IDENTITY_CLIENT_ID, (char *)"A2a2"}, false, "A2a2#att=0"},
	        {{MSIV2_IDENTITY_RESOURCE_ID, (char *)"/sub/x"}, true, "/sub/x#att=1"},
	};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		OWNED_STRUCT(bytes) alias = {0};

		persistence_add_alias(&rows[i].identity, rows[i].attest, &alias);
		assert_string_equal(bytes_text(&alias), rows[i].alias);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_waits_for_one_thing_for_a_minute_gives_no_sign_any_more),
	        cmocka_unit_test(an_alias_is_the_identity_as_given_and_whether_it_is_attested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
