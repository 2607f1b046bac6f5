/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A binding, and the slot that holds one for a client (STORE-05, LIFE-01, LIFE-04, ISSUE-07). */
#include "tests/testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/mem.h"
#include "common/text.h"
#include "mem_fault.h"
#include "ref/binding_slot.h"
#include "ref/keys/memory.h"
#include "ref/token.h"
#include "virtual_clock.h"

#define DAY_S INT64_C(86400)

static struct key *key;
static EVP_PKEY *pkey;

static int group_setup(void **state)
{
	(void)state;
	pkey = certificate_p256_key();
	assert_int_equal(memory_key_create(&key, NULL), MSIV2_OK);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	key_free(key);
	EVP_PKEY_free(pkey);
	return 0;
}

static void make_issue(struct issue *issue, int64_t not_before_s, int64_t not_after_s)
{
	*issue = (struct issue){.client_id = mem_strdup("the-client"),
	                        .tenant_id = mem_strdup("the-tenant"),
	                        .identity_type = mem_strdup("UserAssigned"),
	                        .endpoint = mem_strdup("https://sts.example")};
	issue->certificate =
	        certificate_make(&(struct certificate_recipe){.subject_key = pkey,
	                                                      .issuer_key = pkey,
	                                                      .cn = "the-client",
	                                                      .not_before_s = not_before_s,
	                                                      .not_after_s = not_after_s});
}

static enum msiv2_rc make_binding_of(int64_t not_before_s, int64_t not_after_s, bool fresh,
                                     enum certificate_origin origin, struct binding **out)
{
	OWNED_STRUCT(issue) issue = {0};
	const struct binding_parts parts = {.issue = &issue,
	                                    .key = key,
	                                    .pkey = pkey,
	                                    .clock = clock_system(),
	                                    .fresh = fresh,
	                                    .origin = origin,
	                                    .timings = &timings_none};

	make_issue(&issue, not_before_s, not_after_s);
	return binding_new(&parts, out, NULL);
}

static enum msiv2_rc make_binding(int64_t not_after_s, bool fresh, struct binding **out)
{
	return make_binding_of(1000, not_after_s, fresh, CERTIFICATE_ISSUED, out);
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
	                                    .key = key,
	                                    .pkey = pkey,
	                                    .clock = clock_system(),
	                                    .timings = &timings_none};
	struct binding *binding = NULL;
	unsigned nth = 0;

	(void)state;
	make_issue(&issue, 1000, 9 * DAY_S);
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

struct mint {
	struct binding_slot *slot;
	struct virtual_clock clock;
	struct errand errand;
	int64_t not_after_s; /* of what is minted */
	int64_t not_before_s;
	enum certificate_origin origin;
	enum msiv2_rc rc;
	void (*during)(struct mint *m); /* happens while it mints; NULL = nothing */
	atomic_int count;
	atomic_int bypasses;
	atomic_int renewals;
	int64_t left_us; /* of the last one */
	bool named_one;  /* the last one was told which certificate does not do */
	char log[2000];
};

static enum msiv2_rc mint(void *ctx, const struct mint_order *order, const struct errand *errand,
                          struct binding **out, struct msiv2_error *err)
{
	struct mint *m = ctx;

	atomic_fetch_add(&m->count, 1);
	atomic_fetch_add(&m->bypasses, order->bypass_cache);
	atomic_fetch_add(&m->renewals, order->renewal);
	m->left_us = patience_left_us(&errand->patience);
	m->named_one = order->newer_than != NULL;
	if (m->during != NULL)
		m->during(m);
	if (m->rc != MSIV2_OK)
		return err_set(err, m->rc, "mint", "scripted");
	return make_binding_of(m->not_before_s, m->not_after_s, order->bypass_cache, m->origin,
	                       out);
}

static void keep_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct mint *m = ctx;
	size_t len = strlen(m->log);

	(void)snprintf(m->log + len, sizeof(m->log) - len, "%d %s\n", (int)level, line);
}

static void mint_setup(struct mint *m)
{
	memset(m, 0, sizeof(*m));
	m->slot = binding_slot_new();
	virtual_clock_start(&m->clock);
	m->clock.epoch_s = 1000;
	m->errand.patience =
	        (struct patience){.clock = &m->clock.clock, .deadline_us = CLOCK_NEVER};
	m->errand.log = (struct log){.write = keep_log, .ctx = m, .level = MSIV2_LOG_WARN};
	m->not_before_s = 1000;
	m->not_after_s = 9 * DAY_S;
}

static enum msiv2_rc get(struct mint *m, const struct binding *other_than, bool fresh,
                         struct binding **out)
{
	const struct binding_want want = {
	        .other_than = other_than, .fresh = fresh, .mint = mint, .ctx = m};

	return binding_slot_get(m->slot, &want, &m->errand, out, NULL);
}

static void a_binding_is_minted_once_and_held(void **state)
{
	struct mint m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_setup(&m);
	assert_null(binding_slot_current(m.slot, 1000));
	assert_int_equal(get(&m, NULL, false, &first), MSIV2_OK);
	assert_int_equal(get(&m, NULL, false, &second), MSIV2_OK);
	assert_ptr_equal(first, second);
	assert_int_equal(m.count, 1);
	assert_int_equal(m.bypasses, 0);
	binding_free(first);
	binding_free(second);
	binding_slot_free(m.slot);
}

static void a_stale_binding_is_replaced(void **state)
{
	struct mint m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_setup(&m);
	assert_int_equal(get(&m, NULL, false, &first), MSIV2_OK);
	virtual_clock_advance(&m.clock, 8 * DAY_S);
	assert_null(binding_slot_current(m.slot, 1000 + 8 * DAY_S));
	m.not_after_s = 20 * DAY_S;
	assert_int_equal(get(&m, NULL, false, &second), MSIV2_OK);
	assert_ptr_not_equal(first, second);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.bypasses, 0);
	binding_free(first);
	binding_free(second);
	binding_slot_free(m.slot);
}

static void one_born_stale_is_handed_out_and_not_held(void **state)
{
	struct mint m;
	struct binding *binding = NULL;

	(void)state;
	mint_setup(&m);
	m.not_after_s = DAY_S / 2;
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(get(&m, NULL, false, &binding), MSIV2_OK);
		binding_free(binding);
		assert_int_equal(m.count, i);
		assert_null(binding_slot_current(m.slot, 1000));
	}
	binding_slot_free(m.slot);
}

static void after_a_refusal_the_next_mint_goes_past_the_cache(void **state)
{
	struct mint m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_setup(&m);
	assert_int_equal(get(&m, NULL, false, &first), MSIV2_OK);
	binding_slot_drop(m.slot, first, true);
	assert_null(binding_slot_current(m.slot, 1000));
	/* Even for one who did not see the refusal. */
	assert_int_equal(get(&m, NULL, false, &second), MSIV2_OK);
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
	struct mint m;
	struct binding *held = NULL;
	struct binding *fresh = NULL;
	struct binding *again = NULL;

	(void)state;
	mint_setup(&m);
	assert_int_equal(get(&m, NULL, false, &held), MSIV2_OK);
	assert_int_equal(get(&m, held, true, &fresh), MSIV2_OK);
	assert_ptr_not_equal(held, fresh);
	assert_true(binding_is_fresh(fresh));
	/* Somebody who still holds the old one is served by what replaced it. */
	assert_int_equal(get(&m, held, true, &again), MSIV2_OK);
	assert_ptr_equal(again, fresh);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_free(fresh);
	binding_free(again);
	binding_slot_free(m.slot);
}

static void a_failed_mint_leaves_nothing_behind(void **state)
{
	struct mint m;
	struct binding *binding = NULL;

	(void)state;
	mint_setup(&m);
	m.rc = MSIV2_IMDS_REFUSED;
	assert_int_equal(get(&m, NULL, false, &binding), MSIV2_IMDS_REFUSED);
	assert_null(binding);
	m.rc = MSIV2_OK;
	assert_int_equal(get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 2);
	binding_free(binding);
	binding_slot_free(m.slot);
}

static void what_is_put_away_without_a_refusal_is_minted_as_ever(void **state)
{
	struct mint m;
	struct binding *first = NULL;
	struct binding *second = NULL;

	(void)state;
	mint_setup(&m);
	assert_int_equal(get(&m, NULL, false, &first), MSIV2_OK);
	binding_slot_drop(m.slot, first, false);
	assert_int_equal(get(&m, NULL, false, &second), MSIV2_OK);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.bypasses, 0);
	assert_false(m.named_one);
	binding_free(first);
	binding_free(second);
	binding_slot_free(m.slot);
}

/* ---- renewal (LIFE-02) ---- */

/* A week from 1000 on: half of it is over at HALF_S. */
#define WEEK_END_S (1000 + 7 * DAY_S)
#define HALF_S     (1000 + 7 * DAY_S / 2)

/* A slot with a binding of a week, at its half; *held is the caller's. */
static void hold_at_half(struct mint *m, enum certificate_origin origin, struct binding **held)
{
	mint_setup(m);
	m->origin = origin;
	m->not_after_s = WEEK_END_S;
	assert_int_equal(get(m, NULL, false, held), MSIV2_OK);
	virtual_clock_advance(&m->clock, 7 * DAY_S / 2);
	m->not_before_s = HALF_S;
	m->not_after_s = HALF_S + 7 * DAY_S;
	m->origin = CERTIFICATE_ISSUED;
}

static void from_half_of_its_life_on_a_binding_is_renewed(void **state)
{
	struct mint m;
	struct binding *held = NULL;
	struct binding *early = NULL;
	struct binding *renewed = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	virtual_clock_advance(&m.clock, -1);
	assert_int_equal(get(&m, NULL, false, &early), MSIV2_OK);
	assert_ptr_equal(early, held);
	assert_int_equal(m.count, 1);
	virtual_clock_advance(&m.clock, 1);
	assert_int_equal(get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_ptr_not_equal(renewed, held);
	assert_int_equal(m.renewals, 1);
	assert_int_equal(m.bypasses, 0);
	assert_true(m.named_one);
	binding_free(early);
	assert_int_equal(get(&m, NULL, false, &early), MSIV2_OK);
	assert_ptr_equal(early, renewed);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_free(early);
	binding_free(renewed);
	binding_slot_free(m.slot);
}

static void a_failed_renewal_is_reported_and_the_binding_used_until_it_is_stale(void **state)
{
	struct mint m;
	struct binding *held = NULL;
	struct binding *used = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.rc = MSIV2_IMDS_REFUSED;
	for (int call = 0; call < 3; call++) {
		assert_int_equal(get(&m, NULL, false, &used), MSIV2_OK);
		assert_ptr_equal(used, held);
		binding_free(used);
	}
	/* The pause keeps the other two from trying. */
	assert_int_equal(m.renewals, 1);
	assert_string_equal(m.log, "1 certificate: not renewed, used until 1970-01-07T00:16:40Z: "
	                           "imds_refused at mint: scripted\n");
	virtual_clock_advance(&m.clock, 60);
	assert_int_equal(get(&m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(m.renewals, 2);
	/* LIFE-03: now it has to work. */
	virtual_clock_advance(&m.clock, 5 * DAY_S / 2 - 60);
	binding_free(used);
	used = NULL;
	assert_int_equal(get(&m, NULL, false, &used), MSIV2_IMDS_REFUSED);
	assert_int_equal(m.renewals, 2);
	assert_int_equal(m.count, 4);
	binding_free(held);
	binding_slot_free(m.slot);
}

static void a_renewal_takes_at_most_half_of_the_callers_time(void **state)
{
	struct mint m;
	struct binding *held = NULL;
	struct binding *used = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.rc = MSIV2_TIMEOUT;
	m.errand.patience.deadline_us = clock_deadline_us(&m.clock.clock, 4000);
	assert_int_equal(get(&m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(m.left_us, 2 * CLOCK_US_PER_S);
	binding_free(used);
	m.errand.patience.deadline_us = clock_deadline_us(&m.clock.clock, 3600000);
	virtual_clock_advance(&m.clock, 300);
	assert_int_equal(get(&m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(m.left_us, RENEWAL_LONGEST_US);
	binding_free(used);
	binding_free(held);
	binding_slot_free(m.slot);
}

/* Who comes while it is renewed is served at once with what is still good. */
static void ask_meanwhile(struct mint *m)
{
	struct binding *used = NULL;

	m->during = NULL;
	assert_int_equal(get(m, NULL, false, &used), MSIV2_OK);
	assert_int_equal(msiv2_certificate_not_after(binding_certificate(used)), WEEK_END_S);
	binding_free(used);
}

static void others_are_not_kept_waiting_by_a_renewal(void **state)
{
	struct mint m;
	struct binding *held = NULL;
	struct binding *renewed = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.during = ask_meanwhile;
	assert_int_equal(get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_ptr_not_equal(renewed, held);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_free(renewed);
	binding_slot_free(m.slot);
}

/* One that is refused while it is renewed stays dropped, and what follows is fresh. */
static void refuse_meanwhile(struct mint *m)
{
	struct binding *held = binding_slot_current(m->slot, HALF_S);

	binding_slot_drop(m->slot, held, true);
	binding_free(held);
}

static void a_renewal_does_not_undo_a_refusal(void **state)
{
	struct mint m;
	struct binding *held = NULL;
	struct binding *renewed = NULL;

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	m.during = refuse_meanwhile;
	assert_int_equal(get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_null(binding_slot_current(m.slot, HALF_S));
	m.during = NULL;
	binding_free(renewed);
	assert_int_equal(get(&m, NULL, false, &renewed), MSIV2_OK);
	assert_int_equal(m.bypasses, 1);
	assert_true(m.named_one);
	binding_free(held);
	binding_free(renewed);
	binding_slot_free(m.slot);
}

/* The store may hold one that is past its half; one that was issued just now and is (because a
 * clock is ahead) is not renewed on the spot. */
static void a_stored_binding_is_renewed_at_once_and_an_issued_one_after_the_pause(void **state)
{
	struct mint m;
	struct binding *binding = NULL;

	(void)state;
	mint_setup(&m);
	m.clock.epoch_s = HALF_S + 5;
	m.not_after_s = WEEK_END_S;
	assert_int_equal(get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 1);
	binding_free(binding);
	assert_int_equal(get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 1);
	binding_free(binding);
	virtual_clock_advance(&m.clock, 60);
	assert_int_equal(get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.renewals, 1);
	binding_free(binding);
	binding_slot_free(m.slot);

	mint_setup(&m);
	m.clock.epoch_s = HALF_S + 5;
	m.not_after_s = WEEK_END_S;
	m.origin = CERTIFICATE_STORED;
	assert_int_equal(get(&m, NULL, false, &binding), MSIV2_OK);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.renewals, 1);
	binding_free(binding);
	binding_slot_free(m.slot);
}

static void *get_in_thread(void *arg)
{
	struct binding *binding = NULL;

	if (get(arg, NULL, false, &binding) != MSIV2_OK)
		return NULL;
	binding_free(binding);
	return arg;
}

static void sixteen_threads_renew_once(void **state)
{
	struct mint m;
	struct binding *held = NULL;
	pthread_t threads[16];

	(void)state;
	hold_at_half(&m, CERTIFICATE_ISSUED, &held);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_in_thread, &m), 0);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++) {
		void *served = NULL;

		assert_int_equal(pthread_join(threads[i], &served), 0);
		assert_non_null(served);
	}
	assert_int_equal(m.renewals, 1);
	assert_int_equal(m.count, 2);
	binding_free(held);
	binding_slot_free(m.slot);
}

static void sixteen_threads_mint_once(void **state)
{
	struct mint m;
	pthread_t threads[16];

	(void)state;
	mint_setup(&m);
	for (size_t i = 0; i < TEXT_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_in_thread, &m), 0);
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
	        cmocka_unit_test(from_half_of_its_life_on_a_binding_is_renewed),
	        cmocka_unit_test(
	                a_failed_renewal_is_reported_and_the_binding_used_until_it_is_stale),
	        cmocka_unit_test(a_renewal_takes_at_most_half_of_the_callers_time),
	        cmocka_unit_test(others_are_not_kept_waiting_by_a_renewal),
	        cmocka_unit_test(a_renewal_does_not_undo_a_refusal),
	        cmocka_unit_test(
	                a_stored_binding_is_renewed_at_once_and_an_issued_one_after_the_pause),
	        cmocka_unit_test(sixteen_threads_mint_once),
	        cmocka_unit_test(sixteen_threads_renew_once),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
