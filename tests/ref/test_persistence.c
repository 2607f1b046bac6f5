/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client and its store when the store is trouble (STORE-06), and what it keeps in it and does not
 * (STORE-03, STORE-08, STORE-10). The keys are of paper, so that they outlive the client. */
#include "tests/testing.h"

#include <glob.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "keeper.h"
#include "mem_fault.h"
#include "paper_provider.h"
#include "ref/persistence.h"
#include "store_seam.h"

#define DAY_S INT64_C(86400)

/* ---- what is kept ---- */

static void what_one_client_was_issued_the_next_one_loads(void **state)
{
	struct keeper *desk = *state;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_int_equal(keeper_entries(desk), 1);
	keeper_open(desk, "keyguard,memory");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(store_seam()->asked[SEAM_REMOVE], 0);
	assert_int_equal(desk->warnings, 0);
}

/* LIFE-04: key, metadata, CSR and issuance, for those who wait meanwhile. */
static void waiters_at_the_gate_are_told_of_each_leg(void **state)
{
	struct keeper *desk = *state;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_int_equal(store_seam()->progress, 4);
	keeper_expect(desk, &keeper_forced, "issued", 0, 0, 1);
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(store_seam()->progress, 4);
}

/* In virtual time nothing takes any but the store. */
static void expect_time_with_the_store(struct keeper *desk, int calls)
{
	struct msiv2_timings timings;

	assert_int_equal(keeper_acquire(desk, &keeper_vault), MSIV2_OK);
	msiv2_token_timings(desk->token, &timings);
	assert_int_equal(timings.store_us, calls * CLOCK_US_PER_S);
	assert_int_equal(timings.total_us, timings.store_us);
	msiv2_certificate_timings(msiv2_token_certificate(desk->token), &timings);
	assert_int_equal(timings.store_us, calls * CLOCK_US_PER_S);
	assert_int_equal(timings.total_us, timings.store_us);
}

static void time_with_the_store_is_a_leg_so_that_legs_add_up(void **state)
{
	struct keeper *desk = *state;
	struct msiv2_timings timings;

	store_seam()->clock = &desk->cloud.clock.clock;
	expect_time_with_the_store(desk, 4); /* a look, the gate, another look, and a write */
	keeper_open(desk, "keyguard");
	expect_time_with_the_store(desk, 1);
	keeper_open(desk, "keyguard");
	desk->refusals = 1;
	expect_time_with_the_store(desk, 1 + 1 + 4); /* and all is removed */
	keeper_open(desk, "memory");
	assert_int_equal(keeper_acquire(desk, &keeper_vault), MSIV2_OK);
	msiv2_token_timings(desk->token, &timings);
	assert_int_equal(timings.store_us, -1);
}

/* LIFE-04: a holder that waits for IMDS to come back, 10 s at a time, is alive. */
static void waiters_at_the_gate_are_told_while_the_holder_waits_itself(void **state)
{
	struct keeper *desk = *state;

	desk->gone = 2;
	keeper_expect(desk, &keeper_vault, "issued", 1, 3, 1);
	assert_true(atomic_load(&desk->cloud.clock.waited_us) >= 20000000);
	/* Once a second, besides the four legs. */
	assert_in_range(store_seam()->progress, 4 + 18, 4 + 30);
	assert_true(paper_provider()->watched);
}

/* STORE-08 */
static void of_memory_keys_nothing_is_asked_of_the_store(void **state)
{
	struct keeper *desk = *state;

	memset(store_seam(), 0, sizeof(*store_seam()));
	keeper_open(desk, "memory");
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	for (size_t i = 0; i < SEAMS; i++)
		assert_int_equal(store_seam()->asked[i], 0);
}

/* The list has a kind that would last, the host has not. */
static void a_memory_key_of_a_longer_list_is_not_kept_either(void **state)
{
	struct keeper *desk = *state;

	paper_provider()->absent = true;
	for (int process = 0; process < 2; process++) {
		keeper_open(desk, "keyguard,memory");
		keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	}
	assert_int_equal(store_seam()->asked[SEAM_PUT], 0);
	assert_int_equal(keeper_entries(desk), 0);
}

/* KEY-06: nothing weaker than the floor is used, so nothing lasts. */
static void kinds_below_the_floor_do_not_count(void **state)
{
	struct hierarchy hierarchy = {0};

	(void)state;
	assert_int_equal(hierarchy_parse(&hierarchy, "memory", NULL), MSIV2_OK);
	assert_false(hierarchy_persists(&hierarchy));
	assert_int_equal(hierarchy_parse(&hierarchy, "linux", NULL), MSIV2_OK);
	assert_false(hierarchy_persists(&hierarchy));
	assert_int_equal(hierarchy_parse(&hierarchy, "memory,hardware", NULL), MSIV2_OK);
	assert_true(hierarchy_persists(&hierarchy));
	assert_int_equal(hierarchy_set_floor(&hierarchy, "keyguard", NULL), MSIV2_OK);
	assert_false(hierarchy_persists(&hierarchy));
}

/* ISSUE-07 */
static void a_certificate_born_stale_is_not_kept(void **state)
{
	struct keeper *desk = *state;

	desk->cloud.certificate_lifetime_s = DAY_S;
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_int_equal(keeper_entries(desk), 0);
	assert_int_equal(store_seam()->asked[SEAM_PUT], 0);
	desk->cloud.certificate_lifetime_s = DAY_S + 60;
	keeper_expect(desk, &keeper_forced, "issued", 1, 1, 1);
	assert_int_equal(keeper_entries(desk), 1);
}

/* LIFE-02: IMDS may answer with what it has in its own cache. */
static void a_renewal_that_gains_nothing_is_not_kept(void **state)
{
	struct keeper *desk = *state;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 4 * DAY_S);
	desk->cloud.certificate_lifetime_s = 3 * DAY_S;
	keeper_expect(desk, &keeper_forced, "issued", 1, 1, 1);
	assert_non_null(strstr(desk->log, "not renewed, used until "));
	assert_non_null(strstr(desk->log, "ends no later than the one at hand"));
	assert_int_equal(keeper_entries(desk), 1);
	desk->cloud.certificate_lifetime_s = 3 * DAY_S + 1;
	virtual_clock_advance(&desk->cloud.clock, 60);
	keeper_expect(desk, &keeper_forced, "issued", 1, 1, 1);
	assert_int_equal(keeper_entries(desk), 2);
}

/* Two processes hold one certificate: the first to renew does it for both. What another process got
 * for its own reasons meanwhile, and is due by now itself, does for neither. */
static void a_renewal_of_another_process_is_used_unless_it_is_due_itself(void **state)
{
	const struct msiv2_request anew = {.force = true};
	struct keeper *desk = *state;
	struct msiv2_client *first = desk->client;
	struct msiv2_certificate *cert = NULL;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 3600);
	desk->client = NULL;
	keeper_open(desk, "keyguard");
	assert_int_equal(msiv2_client_certificate(desk->client, &anew, &cert, NULL), MSIV2_OK);
	msiv2_certificate_free(cert);
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
	virtual_clock_advance(&desk->cloud.clock, 4 * DAY_S);
	keeper_expect(desk, &keeper_forced, "issued", 1, 1, 1);
	msiv2_client_free(desk->client);
	desk->client = first;
	keeper_expect(desk, &keeper_forced, "store", 0, 0, 1);
	assert_int_equal(keeper_entries(desk), 3);
	/* And once more, without the first half. */
	virtual_clock_advance(&desk->cloud.clock, 3600);
	desk->client = NULL;
	keeper_open(desk, "keyguard");
	assert_int_equal(msiv2_client_certificate(desk->client, &anew, &cert, NULL), MSIV2_OK);
	msiv2_certificate_free(cert);
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
	virtual_clock_advance(&desk->cloud.clock, 4 * DAY_S);
	msiv2_client_free(desk->client);
	desk->client = first;
	keeper_expect(desk, &keeper_forced, "issued", 1, 1, 1);
}

/* ISSUE-04 holds for what comes from the store. */
static void a_stored_certificate_that_fails_the_checks_is_not_used(void **state)
{
	struct keeper *desk = *state;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 1);
	keeper_open(desk, "keyguard");
	store_seam()->bad_checks = 2; /* without the gate, and behind it */
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_non_null(strstr(desk->log, ".pem is not used: scripted"));
	assert_int_equal(store_seam()->bad_checks, 0);
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
}

/* HOUSE: an IMDS at another address is another world, even when it names the same identity. */
static void what_another_imds_issued_is_not_used(void **state)
{
	struct keeper *desk = *state;
	struct fake_cloud *other = test_calloc(1, sizeof(*other));

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	fake_cloud_start(other, 0);
	{
		struct msiv2_options *options = keeper_options(desk, "keyguard");
		struct msiv2_client *stranger = NULL;
		struct msiv2_certificate *cert = NULL;

		assert_int_equal(
		        msiv2_options_set_imds(options, scripted_peer_base(other->imds), NULL),
		        MSIV2_OK);
		assert_int_equal(msiv2_client_new(options, &stranger, NULL), MSIV2_OK);
		assert_int_equal(msiv2_client_certificate(stranger, NULL, &cert, NULL), MSIV2_OK);
		assert_string_equal(msiv2_certificate_origin(cert), "issued");
		msiv2_certificate_free(cert);
		msiv2_client_free(stranger);
		msiv2_options_free(options);
	}
	fake_cloud_expect(other, 1, 1, 0);
	assert_int_equal(keeper_entries(desk), 2);
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	fake_cloud_stop(other);
	test_free(other);
}

/* ---- trouble ---- */

/* One kind of trouble at a time, in all a client does with a store: each time there is a token, and
 * the trouble is told by one WARN line. */
static void any_trouble_is_reported_once_and_costs_no_token(void **state)
{
	static const struct {
		enum seam seam;
		enum msiv2_rc rc;
	} rows[] = {
	        {SEAM_READ, MSIV2_STORE},    {SEAM_PUT, MSIV2_STORE},
	        {SEAM_GATE, MSIV2_STORE},    {SEAM_REMOVE_ALIAS, MSIV2_STORE},
	        {SEAM_READ, MSIV2_INTERNAL}, {SEAM_PUT, MSIV2_INTERNAL},
	        {SEAM_GATE, MSIV2_INTERNAL}, {SEAM_REMOVE_ALIAS, MSIV2_INTERNAL},
	        {SEAM_PUT, MSIV2_TIMEOUT},
	};
	struct keeper *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		memset(store_seam(), 0, sizeof(*store_seam()));
		store_seam()->rc[rows[i].seam] = rows[i].rc;
		desk->cloud.certificate_lifetime_s = 7 * DAY_S;
		keeper_open(desk, "keyguard");
		assert_int_equal(keeper_acquire(desk, &keeper_vault), MSIV2_OK);
		for (int refusal = 0; refusal < 2; refusal++) {
			desk->refusals = 1;
			assert_int_equal(keeper_acquire(desk, &keeper_forced), MSIV2_OK);
		}
		assert_int_equal(desk->warnings, 1);
		assert_non_null(strstr(desk->log, "going on without: /the/store: scripted: "));
		assert_true(store_seam()->asked[rows[i].seam] >= 2);
		/* Nothing is left for the next round. */
		memset(store_seam(), 0, sizeof(*store_seam()));
		virtual_clock_advance(&desk->cloud.clock, 7 * DAY_S);
	}
}

/* STORE-04: what cannot be removed is no reason not to use what is good. */
static void a_store_that_cannot_be_cleaned_is_still_read(void **state)
{
	struct keeper *desk = *state;
	char command[160];
	glob_t found = {0};
	FILE *file;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	(void)snprintf(command, sizeof(command), "%s/CurrentUser/My/*/*.pem", desk->root);
	assert_int_equal(glob(command, 0, NULL, &found), 0);
	(void)snprintf(command, sizeof(command), "%s", found.gl_pathv[0]);
	globfree(&found);
	memset(strrchr(command, '/') + 1, '0', 64);
	file = fopen(command, "we");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	store_seam()->rc[SEAM_REMOVE] = MSIV2_STORE;
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(desk->warnings, 1);
	assert_int_equal(keeper_entries(desk), 2);
	store_seam()->rc[SEAM_REMOVE] = MSIV2_OK;
	keeper_open(desk, "keyguard");
	keeper_expect(desk, &keeper_vault, "store", 0, 0, 1);
	assert_int_equal(keeper_entries(desk), 1);
}

static void a_default_store_that_is_not_to_be_had_is_trouble_and_a_named_one_a_mistake(void **state)
{
	struct keeper *desk = *state;
	struct msiv2_options *options = keeper_options(desk, "keyguard");
	struct msiv2_client *client = NULL;

	store_seam()->rc[SEAM_NEW] = MSIV2_STORE;
	assert_int_equal(msiv2_client_new(options, &client, &desk->err), MSIV2_STORE);
	store_seam()->rc[SEAM_NEW] = MSIV2_CONFIG;
	assert_int_equal(msiv2_client_new(options, &client, &desk->err), MSIV2_CONFIG);
	assert_null(client);
	msiv2_options_free(options);
	options = msiv2_options_new();
	assert_int_equal(
	        msiv2_options_set_imds(options, scripted_peer_base(desk->cloud.imds), NULL),
	        MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, desk->cloud.ca.pem, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_key_kinds(options, "keyguard", NULL), MSIV2_OK);
	msiv2_options_set_clock(options, &desk->cloud.clock.clock);
	msiv2_options_set_log(options, keeper_log, desk, MSIV2_LOG_INFO);
	store_seam()->rc[SEAM_NEW] = MSIV2_INTERNAL;
	assert_int_equal(msiv2_client_new(options, &client, &desk->err), MSIV2_INTERNAL);
	store_seam()->rc[SEAM_NEW] = MSIV2_STORE;
	msiv2_client_free(desk->client);
	assert_int_equal(msiv2_client_new(options, &desk->client, &desk->err), MSIV2_OK);
	msiv2_options_free(options);
	assert_int_equal(desk->warnings, 0);
	desk->refusals = 1;
	keeper_expect(desk, &keeper_vault, "issued", 2, 2, 2);
	assert_int_equal(desk->warnings, 1);
}

/* STS-05: what replaced the refused one is tried once; what was refused before is not tried again,
 * though it cannot be removed. All in one second. */
static void a_second_refusal_goes_past_the_store(void **state)
{
	struct keeper *desk = *state;
	struct msiv2_client *first;

	desk->refusals = 1;
	keeper_expect(desk, &keeper_vault, "issued", 2, 2, 2);
	first = desk->client;
	desk->client = NULL;
	store_seam()->rc[SEAM_REMOVE_ALIAS] = MSIV2_STORE;
	keeper_open(desk, "keyguard");
	desk->refusals = 1;
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 2);
	assert_int_equal(keeper_entries(desk), 2);
	msiv2_client_free(desk->client);
	desk->client = first;
	desk->refusals = 2;
	keeper_expect(desk, &keeper_forced, "issued", 1, 1, 3);
	assert_int_equal(keeper_entries(desk), 3);
}

static void a_gate_whose_holder_stands_still_is_passed_by(void **state)
{
	struct keeper *desk = *state;

	store_seam()->gate_stalls = true;
	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	assert_non_null(strstr(desk->log, "shows no progress: minting alone"));
	assert_int_equal(keeper_entries(desk), 1);
}

static void a_deadline_at_the_gate_is_the_callers(void **state)
{
	struct keeper *desk = *state;

	store_seam()->rc[SEAM_GATE] = MSIV2_TIMEOUT;
	assert_int_equal(keeper_acquire(desk, &keeper_vault), MSIV2_TIMEOUT);
	assert_string_equal(desk->err.message, "scripted: gate");
	fake_cloud_expect(&desk->cloud, 0, 0, 0);
	assert_int_equal(desk->warnings, 0);
}

/* Each allocation in turn: a certificate, or MSIV2_INTERNAL; and the next call works. */
static void without_memory_a_stored_certificate_is_not_lost(void **state)
{
	struct keeper *desk = *state;
	unsigned nth = 0;
	bool fired;

	keeper_expect(desk, &keeper_vault, "issued", 1, 1, 1);
	do {
		enum msiv2_rc rc;

		struct msiv2_key_info *info = NULL;
		struct msiv2_certificate *cert = NULL;

		keeper_open(desk, "keyguard");
		assert_int_equal(msiv2_client_key(desk->client, NULL, &info, NULL), MSIV2_OK);
		msiv2_key_info_free(info);
		mem_fault_at(++nth);
		rc = msiv2_client_certificate(desk->client, NULL, &cert, &desk->err);
		fired = mem_fault_fired();
		mem_fault_at(0);
		msiv2_certificate_free(cert);
		if (rc != MSIV2_OK && !(fired && rc == MSIV2_INTERNAL))
			fail_msg("allocation %u: %s: %s", nth, desk->err.where, desk->err.message);
		assert_int_equal(keeper_acquire(desk, &keeper_vault), MSIV2_OK);
		assert_in_range(keeper_entries(desk), 1, 100); /* no memory to read it: one more */
	} while (fired);
	assert_true(nth > 50);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, keeper_setup, keeper_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(what_one_client_was_issued_the_next_one_loads),
	        at_a_desk(waiters_at_the_gate_are_told_of_each_leg),
	        at_a_desk(waiters_at_the_gate_are_told_while_the_holder_waits_itself),
	        at_a_desk(time_with_the_store_is_a_leg_so_that_legs_add_up),
	        at_a_desk(of_memory_keys_nothing_is_asked_of_the_store),
	        at_a_desk(a_memory_key_of_a_longer_list_is_not_kept_either),
	        at_a_desk(kinds_below_the_floor_do_not_count),
	        at_a_desk(a_certificate_born_stale_is_not_kept),
	        at_a_desk(a_renewal_that_gains_nothing_is_not_kept),
	        at_a_desk(a_renewal_of_another_process_is_used_unless_it_is_due_itself),
	        at_a_desk(a_stored_certificate_that_fails_the_checks_is_not_used),
	        at_a_desk(what_another_imds_issued_is_not_used),
	        at_a_desk(any_trouble_is_reported_once_and_costs_no_token),
	        at_a_desk(a_store_that_cannot_be_cleaned_is_still_read),
	        at_a_desk(
	                a_default_store_that_is_not_to_be_had_is_trouble_and_a_named_one_a_mistake),
	        at_a_desk(a_second_refusal_goes_past_the_store),
	        at_a_desk(a_gate_whose_holder_stands_still_is_passed_by),
	        at_a_desk(a_deadline_at_the_gate_is_the_callers),
	        at_a_desk(without_memory_a_stored_certificate_is_not_lost),
	};

	return cmocka_run_group_tests_name("persistence", tests, NULL, NULL);
}
