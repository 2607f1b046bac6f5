/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A binding, and the slot that holds one for a client (STORE-05, LIFE-01, LIFE-04, ISSUE-07). */
#include "tests/testing.h"

#include <pthread.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "mem_fault.h"
#include "mint_bench.h"
#include "ref/token.h"

#define DAY_S INT64_C(86400)

static enum msiv2_rc make_binding(int64_t not_after_s, bool fresh, struct binding **out)
{
	return mint_bench_binding(1000, not_after_s, fresh, CERTIFICATE_ISSUED, out);
}

static void a_binding_tells_what_was_issued(void **state)
{
	struct binding *binding = NULL;
	const struct msiv2_certificate *cert;

	(void)state;
	assert_int_equal(make_binding(9 * DAY_S, false, &binding), MSIV2_OK);
	cert = binding_certificate(binding);
	assert_string_equal(binding_client_id(binding), "the-client");
	assert_string_equal(binding_tenant_id(binding), "the-tenant");
	assert_string_equal(binding_endpoint(binding), "https://sts.example");
	assert_string_equal(msiv2_certificate_identity_type(cert), "UserAssigned");
	assert_string_equal(msiv2_certificate_subject(cert), "CN=the-client");
	assert_string_equal(msiv2_certificate_key_kind(cert), "memory");
	assert_int_equal(msiv2_certificate_key_bits(cert), 2048);
	assert_int_equal(msiv2_certificate_not_before(cert), 1000);
	assert_int_equal(msiv2_certificate_not_after(cert), 9 * DAY_S);
	assert_int_equal(strlen(msiv2_certificate_sha256(cert)), 64);
	assert_int_equal(strlen(msiv2_certificate_x5t_s256(cert)), 43);
	assert_non_null(strstr(msiv2_certificate_pem(cert), "BEGIN CERTIFICATE"));
	binding_free(binding);
}

static void a_cert_with_exactly_24h_left_is_stale(void **state)
{
	struct binding *binding = NULL;

	(void)state;
	assert_int_equal(make_binding(9 * DAY_S, false, &binding), MSIV2_OK);
	assert_false(binding_is_stale(binding, 8 * DAY_S - 1));
	assert_true(binding_is_stale(binding, 8 * DAY_S));
	assert_true(binding_is_stale(binding, 8 * DAY_S + 1));
	assert_true(binding_is_stale(binding, 10 * DAY_S));
	binding_free(binding);
}

static void without_memory_there_is_no_binding(void **state)
{
	OWNED_STRUCT(issue) issue = {0};
	const struct binding_parts parts = {.issue = &issue,
	                                    .key = mint_bench_key(),
	                                    .pkey = mint_bench_pkey(),
	                                    .clock = clock_system()};
	struct binding *binding = NULL;
	unsigned nth = 0;

	(void)state;
	mint_bench_issue(&issue, 1000, 9 * DAY_S);
	do {
		enum msiv2_rc rc;

		mem_fault_at(++nth);
		rc = binding_new(&parts, &binding, NULL);
		assert_int_equal(rc, mem_fault_fired() ? MSIV2_INTERNAL : MSIV2_OK);
	} while (mem_fault_fired());
	mem_fault_at(0);
	assert_true(nth > 8);
	binding_free(binding);
}

/* ---- the slot ---- */

static void a_binding_is_minted_once_and_held(void **state)
{
	struct mint_bench m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_bench_open(&m);
	assert_null(binding_slot_current(m.slot, 1000));
	assert_int_equal(mint_bench_get(&m, NULL, false, &first), MSIV2_OK);
	assert_int_equal(mint_bench_get(&m, NULL, false, &second), MSIV2_OK);
	assert_ptr_equal(first, second);
	assert_int_equal(m.count, 1);
	assert_int_equal(m.bypasses, 0);
	binding_free(first);
	binding_free(second);
	binding_slot_free(m.slot);
}

static void a_stale_binding_is_replaced(void **state)
{
	struct mint_bench m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_bench_open(&m);
	assert_int_equal(mint_bench_get(&m, NULL, false, &first), MSIV2_OK);
	virtual_clock_advance(&m.clock, 8 * DAY_S);
	assert_null(binding_slot_current(m.slot, 1000 + 8 * DAY_S));
	m.not_after_s = 20 * DAY_S;
	assert_int_equal(mint_bench_get(&m, NULL, false, &second), MSIV2_OK);
	assert_ptr_not_equal(first, second);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.bypasses, 0);
	binding_free(first);
	binding_free(second);
	binding_slot_free(m.slot);
}

static void one_born_stale_is_handed_out_and_not_held(void **state)
{
	struct mint_bench m;
	struct binding *binding = NULL;

	(void)state;
	mint_bench_open(&m);
	m.not_after_s = DAY_S / 2;
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(mint_bench_get(&m, NULL, false, &binding), MSIV2_OK);
		binding_free(binding);
		assert_int_equal(m.count, i);
		assert_null(binding_slot_current(m.slot, 1000));
	}
	binding_slot_free(m.slot);
}

static void after_a_refusal_the_next_mint_goes_past_the_cache(void **state)
{
	struct mint_bench m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_bench_open(&m);
	assert_int_equal(mint_bench_get(&m, NULL, false, &first), MSIV2_OK);
	binding_slot_drop(m.slot, first, true);
	assert_null(binding_slot_current(m.slot, 1000));
	/* Even for one who did not see the refusal. */
	assert_int_equal(mint_bench_get(&m, NULL, false, &second), MSIV2_OK);
	assert_int_equal(m.bypasses, 1);
	/* A late drop of the old one leaves the new one alone. */
	binding_slot_drop(m.slot, first, true);
	binding_free(first);
	first = binding_slot_current(m.slot, 1000);
	assert_ptr_equal(first, second);
	binding_free(first);
	binding_free(second);
	binding_slot_free(m.slot);
}

static void who_wants_a_fresh_one_gets_one(void **state)
{
	struct mint_bench m;
	struct binding *held = NULL;
	struct binding *fresh = NULL;
	struct binding *again = NULL;

	(void)state;
	mint_bench_open(&m);
	assert_int_equal(mint_bench_get(&m, NULL, false, &held), MSIV2_OK);
	assert_int_equal(mint_bench_get(&m, held, true, &fresh), MSIV2_OK);
	assert_ptr_not_equal(held, fresh);
	assert_true(binding_is_fresh(fresh));
	/* Somebody who still holds the old one is served by what replaced it. */
	assert_int_equal(mint_bench_get(&m, held, true, &again), MSIV2_OK);
	assert_ptr_equal(again, fresh);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_free(fresh);
	binding_free(again);
	binding_slot_free(m.slot);
}

static void a_failed_mint_leaves_nothing_behind(void **state)
{
	struct mint_bench m;
	struct binding *binding = NULL;

	(void)state;
	mint_bench_open(&m);
	m.rc = MSIV2_IMDS_REFUSED;
	assert_int_equal(mint_bench_get(&m, NULL, false, &binding), MSIV2_IMDS_REFUSED);
	assert_null(binding);
	m.rc = MSIV2_OK;
	assert_int_equal(mint_bench_get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 2);
	binding_free(binding);
	binding_slot_free(m.slot);
}

static void what_is_put_away_without_a_refusal_is_minted_as_ever(void **state)
{
	struct mint_bench m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_bench_open(&m);
	assert_int_equal(mint_bench_get(&m, NULL, false, &first), MSIV2_OK);
	binding_slot_drop(m.slot, first, false);
	assert_int_equal(mint_bench_get(&m, NULL, false, &second), MSIV2_OK);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.bypasses, 0);
	assert_false(m.named_one);
	binding_free(first);
	binding_free(second);
	binding_slot_free(m.slot);
}

static void sixteen_threads_mint_once(void **state)
{
	struct mint_bench m;
	pthread_t threads[16];

	(void)state;
	mint_bench_open(&m);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, mint_bench_get_in_thread, &m),
		                 0);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++) {
		void *served = NULL;

		assert_int_equal(pthread_join(threads[i], &served), 0);
		assert_non_null(served);
	}
	assert_int_equal(m.count, 1);
	binding_slot_free(m.slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_binding_tells_what_was_issued),
	        cmocka_unit_test(a_cert_with_exactly_24h_left_is_stale),
	        cmocka_unit_test(without_memory_there_is_no_binding),
	        cmocka_unit_test(a_binding_is_minted_once_and_held),
	        cmocka_unit_test(a_stale_binding_is_replaced),
	        cmocka_unit_test(one_born_stale_is_handed_out_and_not_held),
	        cmocka_unit_test(after_a_refusal_the_next_mint_goes_past_the_cache),
	        cmocka_unit_test(who_wants_a_fresh_one_gets_one),
	        cmocka_unit_test(a_failed_mint_leaves_nothing_behind),
	        cmocka_unit_test(what_is_put_away_without_a_refusal_is_minted_as_ever),
	        cmocka_unit_test(sixteen_threads_mint_once),
	};

	return cmocka_run_group_tests(tests, mint_bench_group_setup, mint_bench_group_teardown);
}
