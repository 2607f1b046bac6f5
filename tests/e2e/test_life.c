/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The life of a certificate on the emulator's clock (LIFE-01..03, STORE-05): days pass at once, and
 * the journal counts what was asked for. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "world.h"

#define HOUR_S       INT64_C(3600)
#define DAY_S        (24 * HOUR_S)
#define STALE_LEFT_S DAY_S        /* STORE-05 */
#define TOKEN_LEFT_S INT64_C(300) /* TOK-02 */

static int setup(void **state)
{
	(void)world_setup(state);
	msiv2_emulator_freeze(((struct world *)*state)->emulator, true);
	return 0;
}

static void advance(struct world *world, int64_t seconds)
{
	assert_int_equal(msiv2_emulator_advance(world->emulator, seconds, &world->err), MSIV2_OK);
}

static void imds_fails(struct world *world, bool fails)
{
	assert_int_equal(msiv2_emulator_set_attestation(
	                         world->emulator, fails ? "required" : "optional", &world->err),
	                 MSIV2_OK);
}

/* ---- what a client has to do, told by its certificate and its token ---- */

struct diary {
	int64_t due_s;         /* the middle of the certificate's validity; 0 = there is none */
	int64_t token_until_s; /* the token is used before this */
	char sha256[65];
	int issued;
	int tokens;
};

/* The client asks: what that costs, it says, follows from the diary alone. */
static void ask(struct world *world, struct diary *diary)
{
	int64_t now_s = msiv2_emulator_now_s(world->emulator);
	bool token = now_s >= diary->token_until_s;
	bool issue = token && now_s >= diary->due_s;
	struct msiv2_token *got = world_acquire(world, &world_vault);
	const struct msiv2_certificate *cert = msiv2_token_certificate(got);

	world_expect_counts(world, issue, issue, token);
	assert_int_equal(strcmp(diary->sha256, msiv2_certificate_sha256(cert)) != 0, issue);
	assert_true(msiv2_certificate_not_after(cert) - STALE_LEFT_S > now_s);
	(void)snprintf(diary->sha256, sizeof(diary->sha256), "%s", msiv2_certificate_sha256(cert));
	diary->due_s = msiv2_certificate_not_before(cert) +
	               (msiv2_certificate_not_after(cert) - msiv2_certificate_not_before(cert)) / 2;
	diary->token_until_s = msiv2_token_expires_on(got) - TOKEN_LEFT_S;
	diary->issued += issue;
	diary->tokens += token;
	msiv2_token_free(got);
}

/* A token lives for a day, and a certificate is renewed with the first token after half of its
 * week: on day 0, 4, 8, ... */
static void seven_days_pass_in_less_than_two_seconds(void **state)
{
	struct world *world = *state;
	struct msiv2_key_info *info = NULL;
	struct diary diary = {0};
	int64_t started_us;

	/* Making an RSA key takes as long as luck will have it. */
	assert_int_equal(msiv2_client_key(world->client, NULL, &info, &world->err), MSIV2_OK);
	msiv2_key_info_free(info);
	started_us = clock_mono_us(clock_system());
	for (int hour = 0; hour < 7 * 24; hour++) {
		ask(world, &diary);
		advance(world, HOUR_S);
	}
	assert_int_equal(diary.issued, 2);
	assert_int_equal(diary.tokens, 7);
	assert_true(clock_mono_us(clock_system()) - started_us < 2 * CLOCK_US_PER_S);
}

static void eight_weeks_take_fourteen_certificates(void **state)
{
	struct world *world = *state;
	struct diary diary = {0};

	for (int hour = 0; hour < 56 * 24; hour++) {
		ask(world, &diary);
		advance(world, HOUR_S);
	}
	assert_int_equal(diary.issued, 14);
	assert_int_equal(diary.tokens, 56);
	assert_int_equal(msiv2_emulator_count(world->emulator, "issuecredential"), 14);
	assert_int_equal(msiv2_emulator_count(world->emulator, "token"), 56);
}

/* A process that starts four times a day and lives for one token. With a key that outlives it the
 * store carries the certificate from one to the next; memory keys start cold each time. */
static void processes_that_come_and_go_share_their_certificates(void **state)
{
	struct world *world = *state;
	bool memory = text_equal(world_key_kind(), "memory");
	int starts = memory ? 4 : 14 * 4;
	struct diary diary = {0};

	for (int start = 0; start < starts; start++) {
		diary.token_until_s = 0;
		if (memory)
			diary.due_s = 0;
		world_new_client(world);
		ask(world, &diary);
		advance(world, 6 * HOUR_S);
	}
	/* The first start at or after half a week is on day 3.5. */
	assert_int_equal(diary.issued, memory ? starts : 4);
	assert_int_equal(diary.tokens, starts);
}

/* ---- half of the lifetime, and the last day ---- */

static const struct msiv2_request forced = {.resource = "https://vault.azure.net", .force = true};

static void hold_a_certificate(struct world *world, int64_t *due_s, int64_t *stale_s)
{
	struct msiv2_token *token = world_acquire(world, &world_vault);
	const struct msiv2_certificate *cert = msiv2_token_certificate(token);

	*due_s = msiv2_certificate_not_before(cert) +
	         (msiv2_certificate_not_after(cert) - msiv2_certificate_not_before(cert)) / 2;
	*stale_s = msiv2_certificate_not_after(cert) - STALE_LEFT_S;
	msiv2_token_free(token);
	world_expect_counts(world, 1, 1, 1);
}

static void go_to(struct world *world, int64_t time_s)
{
	advance(world, time_s - msiv2_emulator_now_s(world->emulator));
}

static void expect_token(struct world *world, uint64_t metadata, uint64_t issue)
{
	msiv2_token_free(world_acquire(world, &forced));
	world_expect_counts(world, metadata, issue, 1);
}

/* LIFE-02, to the second. */
static void renewal_begins_at_half_of_the_lifetime(void **state)
{
	struct world *world = *state;
	int64_t due_s;
	int64_t stale_s;

	hold_a_certificate(world, &due_s, &stale_s);
	go_to(world, due_s - 1);
	expect_token(world, 0, 0);
	go_to(world, due_s);
	expect_token(world, 1, 1);
	expect_token(world, 0, 0);
}

/* A cached token is answered without a look at the certificate's age, but for the last day. */
static void a_cached_token_asks_for_no_renewal(void **state)
{
	struct world *world = *state;
	int64_t due_s;
	int64_t stale_s;

	hold_a_certificate(world, &due_s, &stale_s);
	go_to(world, due_s - 60);
	expect_token(world, 0, 0);
	go_to(world, due_s + 60);
	msiv2_token_free(world_acquire(world, &world_vault));
	world_expect_counts(world, 0, 0, 0);
}

/* LIFE-02, LIFE-03, STORE-05: while it is good a failure is borne, exactly 24 h before the end it
 * is not any more. */
static void failing_renewals_are_borne_until_the_last_day(void **state)
{
	struct world *world = *state;
	struct msiv2_token *token = NULL;
	int64_t due_s;
	int64_t stale_s;

	hold_a_certificate(world, &due_s, &stale_s);
	go_to(world, due_s);
	imds_fails(world, true);
	expect_token(world, 1, 1);
	expect_token(world, 0, 0); /* the pause */
	go_to(world, due_s + HOUR_S);
	expect_token(world, 1, 1);
	go_to(world, stale_s - 1);
	expect_token(world, 1, 1);
	go_to(world, stale_s);
	assert_int_equal(msiv2_client_acquire(world->client, &forced, &token, &world->err),
	                 MSIV2_IMDS_REFUSED);
	assert_int_equal(msiv2_error_http_status(&world->err), 400);
	world_expect_counts(world, 1, 1, 0);
	assert_int_equal(msiv2_client_acquire(world->client, &world_vault, &token, &world->err),
	                 MSIV2_IMDS_REFUSED);
	world_expect_counts(world, 1, 1, 0);
	imds_fails(world, false);
	expect_token(world, 1, 1);
}

/* ---- a clock of the client's own ---- */

struct moody_clock {
	struct msiv2_clock clock;
	const struct msiv2_clock *base;
	int64_t offset_s;
};

static int64_t moody_now_s(void *ctx)
{
	const struct moody_clock *moody = ctx;

	return clock_now_s(moody->base) + moody->offset_s;
}

static int64_t moody_mono_us(void *ctx)
{
	return clock_mono_us(((const struct moody_clock *)ctx)->base);
}

static void moody_wait_us(void *ctx, int64_t wait_us)
{
	clock_wait_us(((const struct moody_clock *)ctx)->base, wait_us);
}

/* Days ahead and days behind, while the world goes on as ever. A jump ahead makes the certificate
 * look due, and costs a try to renew that gains nothing, if the last try looks long ago as well.
 * The certificate at hand is good for the token service all the time. */
static void a_clock_that_jumps_back_and_forth_costs_no_token(void **state)
{
	static const struct {
		int64_t offset_s;
		uint64_t tries;
	} jumps[] = {
	        {4 * DAY_S, 1},          {0, 0}, {4 * DAY_S, 0}, {-30 * DAY_S, 0},
	        {4 * DAY_S + HOUR_S, 1}, {0, 0}, {5 * DAY_S, 1},
	};
	struct world *world = *state;
	struct moody_clock moody = {.base = msiv2_emulator_clock(world->emulator)};

	moody.clock = (struct msiv2_clock){moody_now_s, moody_mono_us, moody_wait_us, &moody};
	msiv2_options_set_clock(world->options, &moody.clock);
	world_new_client(world);
	msiv2_token_free(world_acquire(world, &world_vault));
	world_expect_counts(world, 1, 1, 1);
	for (size_t i = 0; i < TEXT_COUNT(jumps); i++) {
		moody.offset_s = jumps[i].offset_s;
		expect_token(world, jumps[i].tries, jumps[i].tries);
		expect_token(world, 0, 0);
	}
	msiv2_client_free(world->client);
	world->client = NULL;
}

#define in_a_world(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_a_world(seven_days_pass_in_less_than_two_seconds),
	        in_a_world(eight_weeks_take_fourteen_certificates),
	        in_a_world(processes_that_come_and_go_share_their_certificates),
	        in_a_world(renewal_begins_at_half_of_the_lifetime),
	        in_a_world(a_cached_token_asks_for_no_renewal),
	        in_a_world(failing_renewals_are_borne_until_the_last_day),
	        in_a_world(a_clock_that_jumps_back_and_forth_costs_no_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
