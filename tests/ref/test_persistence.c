/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client and its store when the store is trouble (STORE-06), and what it keeps in it and does not
 * (STORE-03, STORE-08, STORE-10). The keys are of paper, so that they outlive the client. */
#include "tests/testing.h"

#include <ftw.h>
#include <glob.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/text.h"
#include "fake_cloud.h"
#include "mem_fault.h"
#include "paper_provider.h"
#include "ref/persistence.h"
#include "store_seam.h"

#define DAY_S INT64_C(86400)

/* ---- the desk ---- */

struct desk {
	struct fake_cloud cloud;
	struct msiv2_client *client;
	struct msiv2_token *token;
	struct msiv2_error err;
	char root[64];
	char log[16000];
	int warnings;         /* about the store */
	int refusals;         /* so many tokens are refused from now on */
	const char *key_name; /* NULL = the default */
	int gone;             /* so many issuances are answered by 410 from now on */
};

static bool play(struct fake_cloud *cloud, enum leg leg, int nth,
                 const struct peer_request *request, struct peer_answer *answer)
{
	struct desk *desk = (struct desk *)cloud; /* its first member */

	(void)nth;
	(void)request;
	if (leg == LEG_ISSUE && desk->gone > 0) {
		desk->gone--;
		return fake_cloud_says(answer, 410, "{}");
	}
	if (leg != LEG_TOKEN || desk->refusals == 0)
		return false;
	desk->refusals--;
	return fake_cloud_says(answer, 401, "{\"error\":\"invalid_client\"}");
}

static void keep_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct desk *desk = ctx;
	size_t len = strlen(desk->log);

	desk->warnings += level <= MSIV2_LOG_WARN && strncmp(line, "store: ", 7) == 0;
	(void)snprintf(desk->log + len, sizeof(desk->log) - len, "%d %s\n", (int)level, line);
}

static struct msiv2_options *options_of(struct desk *desk, const char *kinds)
{
	struct msiv2_options *options = msiv2_options_new();

	assert_int_equal(
	        msiv2_options_set_imds(options, scripted_peer_base(desk->cloud.imds), NULL),
	        MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, desk->cloud.ca.pem, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_key_kinds(options, kinds, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_store_root(options, desk->root, NULL), MSIV2_OK);
	if (desk->key_name != NULL)
		assert_int_equal(
		        msiv2_options_set_key_place(options, MSIV2_KEY_NAME, desk->key_name, NULL),
		        MSIV2_OK);
	msiv2_options_set_clock(options, &desk->cloud.clock.clock);
	msiv2_options_set_log(options, keep_log, desk, MSIV2_LOG_INFO);
	return options;
}

/* A new process, so to speak. */
static void open_client(struct desk *desk, const char *kinds)
{
	struct msiv2_options *options = options_of(desk, kinds);

	msiv2_client_free(desk->client);
	desk->client = NULL;
	desk->warnings = 0;
	desk->log[0] = '\0';
	assert_int_equal(msiv2_client_new(options, &desk->client, NULL), MSIV2_OK);
	msiv2_options_free(options);
}

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	memset(store_seam(), 0, sizeof(*store_seam()));
	fake_cloud_start(&desk->cloud, 0);
	desk->cloud.script = play;
	(void)snprintf(desk->root, sizeof(desk->root), "/tmp/msiv2-shelf-XXXXXX");
	assert_non_null(mkdtemp(desk->root));
	open_client(desk, "keyguard,memory");
	*state = desk;
	return 0;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	msiv2_token_free(desk->token);
	msiv2_client_free(desk->client);
	fake_cloud_stop(&desk->cloud);
	paper_provider_reset();
	assert_int_equal(nftw(desk->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	test_free(desk);
	return 0;
}

static const struct msiv2_request vault = {.resource = CLOUD_RESOURCE};
static const struct msiv2_request forced = {.resource = CLOUD_RESOURCE, .force = true};

static enum msiv2_rc acquire(struct desk *desk, const struct msiv2_request *request)
{
	msiv2_token_free(desk->token);
	desk->token = NULL;
	return msiv2_client_acquire(desk->client, request, &desk->token, &desk->err);
}

static void expect_token(struct desk *desk, const struct msiv2_request *request, const char *origin,
                         int metadata, int issue, int token)
{
	if (acquire(desk, request) != MSIV2_OK)
		fail_msg("%s: %s", desk->err.where, desk->err.message);
	assert_string_equal(msiv2_certificate_origin(msiv2_token_certificate(desk->token)), origin);
	fake_cloud_expect(&desk->cloud, metadata, issue, token);
}

/* Entries of all aliases. */
static size_t entries(const struct desk *desk)
{
	char pattern[128];
	glob_t found = {0};
	size_t count;

	(void)snprintf(pattern, sizeof(pattern), "%s/CurrentUser/My/*/*.pem", desk->root);
	(void)glob(pattern, 0, NULL, &found);
	count = found.gl_pathc;
	globfree(&found);
	return count;
}

/* ---- names ---- */

/* ---- what is kept ---- */

static void what_one_client_was_issued_the_next_one_loads(void **state)
{
	struct desk *desk = *state;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	assert_int_equal(entries(desk), 1);
	open_client(desk, "keyguard,memory");
	expect_token(desk, &vault, "store", 0, 0, 1);
	assert_int_equal(store_seam()->asked[SEAM_REMOVE], 0);
	assert_int_equal(desk->warnings, 0);
}

/* LIFE-04: key, metadata, CSR and issuance, for those who wait meanwhile. */
static void waiters_at_the_gate_are_told_of_each_leg(void **state)
{
	struct desk *desk = *state;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	assert_int_equal(store_seam()->progress, 4);
	expect_token(desk, &forced, "issued", 0, 0, 1);
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "store", 0, 0, 1);
	assert_int_equal(store_seam()->progress, 4);
}

/* In virtual time nothing takes any but the store. */
static void expect_time_with_the_store(struct desk *desk, int calls)
{
	struct msiv2_timings timings;

	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	msiv2_token_timings(desk->token, &timings);
	assert_int_equal(timings.store_us, calls * CLOCK_US_PER_S);
	assert_int_equal(timings.total_us, timings.store_us);
	msiv2_certificate_timings(msiv2_token_certificate(desk->token), &timings);
	assert_int_equal(timings.store_us, calls * CLOCK_US_PER_S);
	assert_int_equal(timings.total_us, timings.store_us);
}

static void time_with_the_store_is_a_leg_so_that_legs_add_up(void **state)
{
	struct desk *desk = *state;
	struct msiv2_timings timings;

	store_seam()->clock = &desk->cloud.clock.clock;
	expect_time_with_the_store(desk, 4); /* a look, the gate, another look, and a write */
	open_client(desk, "keyguard");
	expect_time_with_the_store(desk, 1);
	open_client(desk, "keyguard");
	desk->refusals = 1;
	expect_time_with_the_store(desk, 1 + 1 + 4); /* and all is removed */
	open_client(desk, "memory");
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	msiv2_token_timings(desk->token, &timings);
	assert_int_equal(timings.store_us, -1);
}

/* LIFE-04: a holder that waits for IMDS to come back, 10 s at a time, is alive. */
static void waiters_at_the_gate_are_told_while_the_holder_waits_itself(void **state)
{
	struct desk *desk = *state;

	desk->gone = 2;
	expect_token(desk, &vault, "issued", 1, 3, 1);
	assert_true(atomic_load(&desk->cloud.clock.waited_us) >= 20000000);
	/* Once a second, besides the four legs. */
	assert_in_range(store_seam()->progress, 4 + 18, 4 + 30);
	assert_true(paper_provider()->watched);
}

/* Two programs with keys of their own share a store: neither takes the other's entries for orphans.
 */
static void what_a_key_of_another_name_has_is_left_alone(void **state)
{
	struct desk *desk = *state;
	struct key *first;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	first = paper_provider()->inner;
	paper_provider()->inner = NULL;
	desk->key_name = "second";
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "issued", 1, 1, 1);
	assert_int_equal(entries(desk), 2);
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "store", 0, 0, 1);
	key_free(paper_provider()->inner);
	paper_provider()->inner = first;
	desk->key_name = NULL;
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "store", 0, 0, 1);
	assert_int_equal(entries(desk), 2);
}

/* STORE-08 */
static void of_memory_keys_nothing_is_asked_of_the_store(void **state)
{
	struct desk *desk = *state;

	memset(store_seam(), 0, sizeof(*store_seam()));
	open_client(desk, "memory");
	expect_token(desk, &vault, "issued", 1, 1, 1);
	for (size_t i = 0; i < SEAMS; i++)
		assert_int_equal(store_seam()->asked[i], 0);
}

/* The list has a kind that would last, the host has not. */
static void a_memory_key_of_a_longer_list_is_not_kept_either(void **state)
{
	struct desk *desk = *state;

	paper_provider()->absent = true;
	for (int process = 0; process < 2; process++) {
		open_client(desk, "keyguard,memory");
		expect_token(desk, &vault, "issued", 1, 1, 1);
	}
	assert_int_equal(store_seam()->asked[SEAM_PUT], 0);
	assert_int_equal(entries(desk), 0);
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
	struct desk *desk = *state;

	desk->cloud.certificate_lifetime_s = DAY_S;
	expect_token(desk, &vault, "issued", 1, 1, 1);
	assert_int_equal(entries(desk), 0);
	assert_int_equal(store_seam()->asked[SEAM_PUT], 0);
	desk->cloud.certificate_lifetime_s = DAY_S + 60;
	expect_token(desk, &forced, "issued", 1, 1, 1);
	assert_int_equal(entries(desk), 1);
}

/* LIFE-02: IMDS may answer with what it has in its own cache. */
static void a_renewal_that_gains_nothing_is_not_kept(void **state)
{
	struct desk *desk = *state;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 4 * DAY_S);
	desk->cloud.certificate_lifetime_s = 3 * DAY_S;
	expect_token(desk, &forced, "issued", 1, 1, 1);
	assert_non_null(strstr(desk->log, "not renewed, used until "));
	assert_non_null(strstr(desk->log, "ends no later than the one at hand"));
	assert_int_equal(entries(desk), 1);
	desk->cloud.certificate_lifetime_s = 3 * DAY_S + 1;
	virtual_clock_advance(&desk->cloud.clock, 60);
	expect_token(desk, &forced, "issued", 1, 1, 1);
	assert_int_equal(entries(desk), 2);
}

/* Two processes hold one certificate: the first to renew does it for both. What another process got
 * for its own reasons meanwhile, and is due by now itself, does for neither. */
static void a_renewal_of_another_process_is_used_unless_it_is_due_itself(void **state)
{
	const struct msiv2_request anew = {.force = true};
	struct desk *desk = *state;
	struct msiv2_client *first = desk->client;
	struct msiv2_certificate *cert = NULL;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 3600);
	desk->client = NULL;
	open_client(desk, "keyguard");
	assert_int_equal(msiv2_client_certificate(desk->client, &anew, &cert, NULL), MSIV2_OK);
	msiv2_certificate_free(cert);
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
	virtual_clock_advance(&desk->cloud.clock, 4 * DAY_S);
	expect_token(desk, &forced, "issued", 1, 1, 1);
	msiv2_client_free(desk->client);
	desk->client = first;
	expect_token(desk, &forced, "store", 0, 0, 1);
	assert_int_equal(entries(desk), 3);
	/* And once more, without the first half. */
	virtual_clock_advance(&desk->cloud.clock, 3600);
	desk->client = NULL;
	open_client(desk, "keyguard");
	assert_int_equal(msiv2_client_certificate(desk->client, &anew, &cert, NULL), MSIV2_OK);
	msiv2_certificate_free(cert);
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
	virtual_clock_advance(&desk->cloud.clock, 4 * DAY_S);
	msiv2_client_free(desk->client);
	desk->client = first;
	expect_token(desk, &forced, "issued", 1, 1, 1);
}

/* ISSUE-04 holds for what comes from the store. */
static void a_stored_certificate_that_fails_the_checks_is_not_used(void **state)
{
	struct desk *desk = *state;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 1);
	open_client(desk, "keyguard");
	store_seam()->bad_checks = 2; /* without the gate, and behind it */
	expect_token(desk, &vault, "issued", 1, 1, 1);
	assert_non_null(strstr(desk->log, ".pem is not used: scripted"));
	assert_int_equal(store_seam()->bad_checks, 0);
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "store", 0, 0, 1);
}

/* HOUSE: an IMDS at another address is another world, even when it names the same identity. */
static void what_another_imds_issued_is_not_used(void **state)
{
	struct desk *desk = *state;
	struct fake_cloud *other = test_calloc(1, sizeof(*other));

	expect_token(desk, &vault, "issued", 1, 1, 1);
	fake_cloud_start(other, 0);
	{
		struct msiv2_options *options = options_of(desk, "keyguard");
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
	assert_int_equal(entries(desk), 2);
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "store", 0, 0, 1);
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
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		memset(store_seam(), 0, sizeof(*store_seam()));
		store_seam()->rc[rows[i].seam] = rows[i].rc;
		desk->cloud.certificate_lifetime_s = 7 * DAY_S;
		open_client(desk, "keyguard");
		assert_int_equal(acquire(desk, &vault), MSIV2_OK);
		for (int refusal = 0; refusal < 2; refusal++) {
			desk->refusals = 1;
			assert_int_equal(acquire(desk, &forced), MSIV2_OK);
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
	struct desk *desk = *state;
	char command[160];
	glob_t found = {0};
	FILE *file;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	(void)snprintf(command, sizeof(command), "%s/CurrentUser/My/*/*.pem", desk->root);
	assert_int_equal(glob(command, 0, NULL, &found), 0);
	(void)snprintf(command, sizeof(command), "%s", found.gl_pathv[0]);
	globfree(&found);
	memset(strrchr(command, '/') + 1, '0', 64);
	file = fopen(command, "we");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	store_seam()->rc[SEAM_REMOVE] = MSIV2_STORE;
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "store", 0, 0, 1);
	assert_int_equal(desk->warnings, 1);
	assert_int_equal(entries(desk), 2);
	store_seam()->rc[SEAM_REMOVE] = MSIV2_OK;
	open_client(desk, "keyguard");
	expect_token(desk, &vault, "store", 0, 0, 1);
	assert_int_equal(entries(desk), 1);
}

static void a_default_store_that_is_not_to_be_had_is_trouble_and_a_named_one_a_mistake(void **state)
{
	struct desk *desk = *state;
	struct msiv2_options *options = options_of(desk, "keyguard");
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
	msiv2_options_set_log(options, keep_log, desk, MSIV2_LOG_INFO);
	store_seam()->rc[SEAM_NEW] = MSIV2_INTERNAL;
	assert_int_equal(msiv2_client_new(options, &client, &desk->err), MSIV2_INTERNAL);
	store_seam()->rc[SEAM_NEW] = MSIV2_STORE;
	msiv2_client_free(desk->client);
	assert_int_equal(msiv2_client_new(options, &desk->client, &desk->err), MSIV2_OK);
	msiv2_options_free(options);
	assert_int_equal(desk->warnings, 0);
	desk->refusals = 1;
	expect_token(desk, &vault, "issued", 2, 2, 2);
	assert_int_equal(desk->warnings, 1);
}

/* STS-05: what replaced the refused one is tried once; what was refused before is not tried again,
 * though it cannot be removed. All in one second. */
static void a_second_refusal_goes_past_the_store(void **state)
{
	struct desk *desk = *state;
	struct msiv2_client *first;

	desk->refusals = 1;
	expect_token(desk, &vault, "issued", 2, 2, 2);
	first = desk->client;
	desk->client = NULL;
	store_seam()->rc[SEAM_REMOVE_ALIAS] = MSIV2_STORE;
	open_client(desk, "keyguard");
	desk->refusals = 1;
	expect_token(desk, &vault, "issued", 1, 1, 2);
	assert_int_equal(entries(desk), 2);
	msiv2_client_free(desk->client);
	desk->client = first;
	desk->refusals = 2;
	expect_token(desk, &forced, "issued", 1, 1, 3);
	assert_int_equal(entries(desk), 3);
}

static void a_gate_whose_holder_stands_still_is_passed_by(void **state)
{
	struct desk *desk = *state;

	store_seam()->gate_stalls = true;
	expect_token(desk, &vault, "issued", 1, 1, 1);
	assert_non_null(strstr(desk->log, "shows no progress: minting alone"));
	assert_int_equal(entries(desk), 1);
}

static void a_deadline_at_the_gate_is_the_callers(void **state)
{
	struct desk *desk = *state;

	store_seam()->rc[SEAM_GATE] = MSIV2_TIMEOUT;
	assert_int_equal(acquire(desk, &vault), MSIV2_TIMEOUT);
	assert_string_equal(desk->err.message, "scripted: gate");
	fake_cloud_expect(&desk->cloud, 0, 0, 0);
	assert_int_equal(desk->warnings, 0);
}

/* Each allocation in turn: a certificate, or MSIV2_INTERNAL; and the next call works. */
static void without_memory_a_stored_certificate_is_not_lost(void **state)
{
	struct desk *desk = *state;
	unsigned nth = 0;
	bool fired;

	expect_token(desk, &vault, "issued", 1, 1, 1);
	do {
		enum msiv2_rc rc;

		struct msiv2_key_info *info = NULL;
		struct msiv2_certificate *cert = NULL;

		open_client(desk, "keyguard");
		assert_int_equal(msiv2_client_key(desk->client, NULL, &info, NULL), MSIV2_OK);
		msiv2_key_info_free(info);
		mem_fault_at(++nth);
		rc = msiv2_client_certificate(desk->client, NULL, &cert, &desk->err);
		fired = mem_fault_fired();
		mem_fault_at(0);
		msiv2_certificate_free(cert);
		if (rc != MSIV2_OK && !(fired && rc == MSIV2_INTERNAL))
			fail_msg("allocation %u: %s: %s", nth, desk->err.where, desk->err.message);
		assert_int_equal(acquire(desk, &vault), MSIV2_OK);
		assert_in_range(entries(desk), 1, 100); /* no memory to read it: one more */
	} while (fired);
	assert_true(nth > 50);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(what_one_client_was_issued_the_next_one_loads),
	        at_a_desk(waiters_at_the_gate_are_told_of_each_leg),
	        at_a_desk(waiters_at_the_gate_are_told_while_the_holder_waits_itself),
	        at_a_desk(time_with_the_store_is_a_leg_so_that_legs_add_up),
	        at_a_desk(what_a_key_of_another_name_has_is_left_alone),
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
