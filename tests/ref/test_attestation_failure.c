/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Attestation that does not come about (ATT-01): refusals, garbage, broken lines, busy services. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "attestation_desk.h"
#include "common/text.h"
#include "ref/net/trust.h"

/* ---- failures: ATT-01 ---- */

static void a_refusal_is_told_in_the_services_words(void **state)
{
	static const enum attestation_step steps[] = {STEP_NONCE, STEP_TOKEN};
	static const char *const messages[] = {
	        "nonce: HTTP 400 bad_evidence: the key may leave",
	        "keyguard: HTTP 400 bad_evidence: the key may leave"};
	struct attestation_desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 400;
	desk->body = "{\"error\":{\"code\":\"bad_evidence\",\"message\":\"the key may leave\"}}";
	for (size_t i = 0; i < TEXT_COUNT(steps); i++) {
		desk->bad_step = steps[i];
		attestation_desk_expect(desk, MSIV2_ATTESTATION_FAILED);
		assert_string_equal(desk->err.message, messages[i]);
		assert_string_equal(desk->err.code, "bad_evidence");
		assert_int_equal(desk->err.http_status, 400);
	}
	assert_int_equal(attestation_desk_count(desk, STEP_NONCE), 2);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 1);
}

static void every_status_but_200_is_a_failure(void **state)
{
	static const int statuses[] = {201, 204, 302, 401, 403, 404, 410};
	struct attestation_desk *desk = *state;

	desk->bad_answers = 1000;
	for (size_t i = 0; i < TEXT_COUNT(statuses); i++) {
		desk->bad_status = statuses[i];
		for (int step = 0; step < STEP_COUNT; step++) {
			desk->bad_step = (enum attestation_step)step;
			attestation_desk_expect(desk, MSIV2_ATTESTATION_FAILED);
			assert_int_equal(desk->err.http_status, statuses[i]);
		}
	}
	assert_int_equal(attestation_desk_waited_s(desk), 0);
}

static void what_is_no_token_and_no_nonce_is_a_failure(void **state)
{
	static const char *const bodies[] = {"",
	                                     "{}",
	                                     "{\"token\":\"\",\"nonce\":\"\"}",
	                                     "{\"token\":null,\"nonce\":null}",
	                                     "{\"token\":\"opaque\",\"nonce\":\"AAAA\"}",
	                                     "<html>"};
	struct attestation_desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 200;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		desk->body = bodies[i];
		for (int step = 0; step < STEP_COUNT; step++) {
			desk->bad_step = (enum attestation_step)step;
			attestation_desk_expect(desk, MSIV2_ATTESTATION_FAILED);
		}
	}
}

static void a_failure_is_not_kept(void **state)
{
	struct attestation_desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1;
	desk->bad_status = 400;
	attestation_desk_expect(desk, MSIV2_ATTESTATION_FAILED);
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
}

static void a_key_without_evidence_is_told_in_its_devices_words(void **state)
{
	static const struct {
		enum msiv2_rc key;
		enum msiv2_rc told;
	} rows[] = {
	        {MSIV2_ATTESTATION_FAILED, MSIV2_ATTESTATION_FAILED},
	        {MSIV2_KEY_UNAVAILABLE, MSIV2_ATTESTATION_FAILED},
	        {MSIV2_TIMEOUT, MSIV2_TIMEOUT},
	        {MSIV2_INTERNAL, MSIV2_INTERNAL},
	};
	struct attestation_desk *desk = *state;

	desk->script.words = "not enrolled";
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		desk->script.rc = rows[i].key;
		attestation_desk_expect(desk, rows[i].told);
		assert_string_equal(desk->err.message,
		                    "the keyguard key gives no evidence: not enrolled");
	}
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 0);
}

static void an_endpoint_that_is_not_https_is_imdss_fault(void **state)
{
	static const char *const bad[] = {"http://localhost/maa", "maa", "https://",
	                                  "https://a@localhost/maa", "https://localhost/maa?x=y"};
	struct attestation_desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		assert_int_equal(attestation_desk_ask_for(desk, bad[i], desk->key),
		                 MSIV2_IMDS_MALFORMED);
		assert_non_null(strstr(desk->err.message, "attestationEndpoint"));
	}
	assert_int_equal(attestation_desk_count(desk, STEP_NONCE), 0);
}

/* ---- transport keeps its class ---- */

static void a_line_that_breaks_is_a_transport_error(void **state)
{
	struct attestation_desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 200;
	desk->manners = PEER_RESETS;
	for (int step = 0; step < STEP_COUNT; step++) {
		desk->bad_step = (enum attestation_step)step;
		attestation_desk_expect(desk, MSIV2_TRANSPORT);
	}
	assert_int_equal(attestation_desk_waited_s(desk), 0);
}

static void a_server_that_is_not_trusted_gets_no_evidence(void **state)
{
	struct attestation_desk *desk = *state;
	struct throwaway_ca stranger;
	X509_STORE *trust = NULL;

	throwaway_ca_make(&stranger);
	assert_int_equal(trust_load(stranger.pem, &trust, NULL), MSIV2_OK);
	attestation_free(desk->attestation);
	assert_int_equal(attestation_new(trust, &desk->clock.clock, &desk->attestation, NULL),
	                 MSIV2_OK);
	attestation_desk_expect(desk, MSIV2_TRANSPORT);
	assert_int_equal(attestation_desk_count(desk, STEP_NONCE), 0);
	assert_int_equal(atomic_load(&desk->script.asked), 0);
	X509_STORE_free(trust);
	throwaway_ca_free(&stranger);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct attestation_desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 200;
	desk->manners = PEER_IS_SILENT;
	desk->errand.patience.clock = clock_system();
	for (int step = 0; step < STEP_COUNT; step++) {
		desk->bad_step = (enum attestation_step)step;
		desk->errand.patience.deadline_us = clock_deadline_us(clock_system(), 200);
		attestation_desk_expect(desk, MSIV2_TIMEOUT);
	}
}

/* ---- a busy service ---- */

static void a_busy_service_is_asked_again_with_a_new_nonce(void **state)
{
	static const int statuses[] = {429, 500, 503, 599};
	struct attestation_desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	for (size_t i = 0; i < TEXT_COUNT(statuses); i++) {
		int64_t before_s = attestation_desk_waited_s(desk);
		int nonces = attestation_desk_count(desk, STEP_NONCE);

		attestation_forget(desk->attestation);
		desk->bad_status = statuses[i];
		desk->bad_answers = attestation_desk_count(desk, STEP_TOKEN) + 2;
		assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
		assert_int_equal(attestation_desk_count(desk, STEP_NONCE) - nonces, 3);
		assert_int_equal(attestation_desk_waited_s(desk) - before_s, 1 + 2);
	}
	desk->bad_step = STEP_NONCE;
	desk->bad_answers = attestation_desk_count(desk, STEP_NONCE) + 1;
	attestation_forget(desk->attestation);
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
}

static void four_busy_answers_are_a_failure(void **state)
{
	struct attestation_desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1000;
	desk->bad_status = 503;
	attestation_desk_expect(desk, MSIV2_ATTESTATION_FAILED);
	assert_int_equal(desk->err.http_status, 503);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 4);
	assert_int_equal(attestation_desk_waited_s(desk), 1 + 2 + 4);
}

static void retry_after_is_waited_for_within_the_deadline(void **state)
{
	struct attestation_desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1;
	desk->bad_status = 429;
	desk->headers = "Retry-After: 30\r\n";
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_int_equal(attestation_desk_waited_s(desk), 30);
	attestation_forget(desk->attestation);
	desk->bad_answers = 1000;
	desk->errand.patience.deadline_us = clock_deadline_us(&desk->clock.clock, 29000);
	attestation_desk_expect(desk, MSIV2_ATTESTATION_FAILED);
	assert_int_equal(desk->err.http_status, 429);
	assert_int_equal(attestation_desk_waited_s(desk), 30);
}

static bool waited_half_a_second(void *ctx)
{
	struct attestation_desk *desk = ctx;

	return atomic_load(&desk->clock.waited_us) >= CLOCK_US_PER_S / 2;
}

static void a_wait_can_be_cancelled(void **state)
{
	struct attestation_desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1000;
	desk->bad_status = 503;
	desk->errand.patience.cancelled = waited_half_a_second;
	desk->errand.patience.cancelled_ctx = desk;
	attestation_desk_expect(desk, MSIV2_TIMEOUT);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 1);
}

#define at_a_desk(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, attestation_desk_setup, attestation_desk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_refusal_is_told_in_the_services_words),
	        at_a_desk(every_status_but_200_is_a_failure),
	        at_a_desk(what_is_no_token_and_no_nonce_is_a_failure),
	        at_a_desk(a_failure_is_not_kept),
	        at_a_desk(a_key_without_evidence_is_told_in_its_devices_words),
	        at_a_desk(an_endpoint_that_is_not_https_is_imdss_fault),
	        at_a_desk(a_line_that_breaks_is_a_transport_error),
	        at_a_desk(a_server_that_is_not_trusted_gets_no_evidence),
	        at_a_desk(silence_ends_at_the_deadline),
	        at_a_desk(a_busy_service_is_asked_again_with_a_new_nonce),
	        at_a_desk(four_busy_answers_are_a_failure),
	        at_a_desk(retry_after_is_waited_for_within_the_deadline),
	        at_a_desk(a_wait_can_be_cancelled),
	};

	return cmocka_run_group_tests_name("attestation_failure", tests, NULL, NULL);
}
