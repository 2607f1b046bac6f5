/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The client's side of attestation (ATT-02..04): what is sent, what is kept, many callers. */
#include "tests/testing.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "attestation_desk.h"
#include "common/text.h"
#include "mem_fault.h"

/* ---- what is sent ---- */

static void a_token_costs_a_nonce_and_the_evidence_for_it(void **state)
{
	struct attestation_desk *desk = *state;
	OWNED_STRUCT(bytes) jwt = {0};
	char evidence[256];
	char id_line[128];

	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_string_equal(desk->target[STEP_NONCE],
	                    "GET /maa/attest/nonce?api-version=2023-04-01-preview");
	assert_string_equal(desk->target[STEP_TOKEN],
	                    "POST /maa/attest/keyguard?api-version=2023-04-01-preview");
	(void)snprintf(evidence, sizeof(evidence),
	               "{\"AttestationInfo\":{\"paper\":\"" PAPER_NONCE "\",\"time\":%lld}}",
	               (long long)clock_now_s(&desk->clock.clock));
	assert_string_equal(desk->sent[STEP_TOKEN], evidence);
	assert_non_null(strstr(desk->head[STEP_TOKEN], "Content-Type: application/json\r\n"));
	assert_null(strstr(desk->head[STEP_NONCE], "Content-Type:"));
	(void)snprintf(id_line, sizeof(id_line), "x-ms-client-request-id: %s\r\n",
	               desk->errand.correlation_id);
	assert_non_null(strstr(desk->head[STEP_NONCE], id_line));
	assert_non_null(strstr(desk->head[STEP_TOKEN], id_line));
	assert_false(desk->certificate);
	paper_maa_add_jwt(&jwt, 1, clock_now_s(&desk->clock.clock) + desk->lifetime_s);
	assert_string_equal(attested_token(desk->attested), bytes_text(&jwt));
}

static void hardware_keys_go_to_the_judge_of_tpms(void **state)
{
	struct attestation_desk *desk = *state;
	OWNED_STRUCT(key) *key = paper_key_new("hardware", desk->inner, &desk->script);

	assert_int_equal(attestation_desk_ask_for(desk, desk->endpoint, key), MSIV2_OK);
	assert_string_equal(desk->target[STEP_TOKEN],
	                    "POST /maa/attest/tpm?api-version=2023-04-01-preview");
}

static void slashes_at_the_end_of_the_endpoint_are_not_doubled(void **state)
{
	struct attestation_desk *desk = *state;
	char endpoint[128];

	(void)snprintf(endpoint, sizeof(endpoint), "%s//", desk->endpoint);
	assert_int_equal(attestation_desk_ask_for(desk, endpoint, desk->key), MSIV2_OK);
	assert_true(text_starts(desk->target[STEP_NONCE], "GET /maa/attest/nonce?"));
}

static void a_kind_without_a_judge_is_not_asked_about(void **state)
{
	struct attestation_desk *desk = *state;
	OWNED_STRUCT(key) *key = paper_key_new("mystery", desk->inner, &desk->script);

	assert_int_equal(attestation_desk_ask_for(desk, desk->endpoint, key),
	                 MSIV2_ATTESTATION_FAILED);
	assert_int_equal(attestation_desk_count(desk, STEP_NONCE), 0);
}

/* ---- what is kept ---- */

static void a_token_is_kept_until_five_minutes_before_its_end(void **state)
{
	struct attestation_desk *desk = *state;

	desk->lifetime_s = 3600;
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	virtual_clock_advance(&desk->clock, 3600 - 301);
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 1);
	virtual_clock_advance(&desk->clock, 1);
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 2);
	assert_int_equal(attestation_desk_count(desk, STEP_NONCE), 2);
}

static void each_endpoint_and_each_key_has_a_token_of_its_own(void **state)
{
	struct attestation_desk *desk = *state;
	OWNED_STRUCT(key) *other = paper_key_make("keyguard", &desk->script);
	char endpoint[128];

	(void)snprintf(endpoint, sizeof(endpoint), "%s/2", desk->endpoint);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
		assert_int_equal(attestation_desk_ask_for(desk, endpoint, desk->key), MSIV2_OK);
		assert_int_equal(attestation_desk_ask_for(desk, desk->endpoint, other), MSIV2_OK);
		assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 3);
	}
}

static void a_key_that_was_opened_again_is_the_same_key(void **state)
{
	struct attestation_desk *desk = *state;
	OWNED_STRUCT(key) *again = paper_key_new("keyguard", desk->inner, &desk->script);

	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_int_equal(attestation_desk_ask_for(desk, desk->endpoint, again), MSIV2_OK);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 1);
}

static void forgotten_tokens_are_asked_for_again(void **state)
{
	struct attestation_desk *desk = *state;

	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	attestation_forget(desk->attestation);
	assert_non_null(strstr(attested_token(desk->attested), "eyJ")); /* ours all the same */
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 2);
}

static void a_token_about_to_run_out_is_used_and_not_kept(void **state)
{
	struct attestation_desk *desk = *state;

	desk->lifetime_s = 300;
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_non_null(desk->attested);
	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 2);
	assert_non_null(strstr(desk->log, "is not kept"));
}

/* ---- many at once ---- */

#define THREADS 16

struct caller {
	struct attestation_desk *desk;
	pthread_t thread;
	enum msiv2_rc rc;
	struct attested *attested;
};

static void *call(void *arg)
{
	struct caller *caller = arg;
	struct attestation_desk *desk = caller->desk;
	struct errand errand = desk->errand;

	errand.log = (struct log){0};
	caller->rc = attestation_get(desk->attestation, &errand, desk->endpoint, desk->key,
	                             &caller->attested, NULL);
	return NULL;
}

static void many_callers_ask_once(void **state)
{
	struct caller callers[THREADS];
	struct attestation_desk *desk = *state;

	for (int i = 0; i < THREADS; i++) {
		callers[i] = (struct caller){.desk = desk};
		assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
		assert_int_equal(callers[i].rc, MSIV2_OK);
		assert_non_null(callers[i].attested);
	}
	for (int i = 0; i < THREADS; i++)
		attested_free(callers[i].attested);
	assert_int_equal(attestation_desk_count(desk, STEP_NONCE), 1);
	assert_int_equal(attestation_desk_count(desk, STEP_TOKEN), 1);
	assert_int_equal(atomic_load(&desk->script.asked), 1);
}

/* ---- secrets and memory ---- */

static void no_log_line_and_no_error_tells_a_token(void **state)
{
	struct attestation_desk *desk = *state;

	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK);
	attestation_forget(desk->attestation);
	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1000;
	desk->bad_status = 400;
	desk->body = "{\"error\":{\"code\":\"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln\",\"message\":"
	             "\"not eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln again\"}}";
	attestation_desk_expect(desk, MSIV2_ATTESTATION_FAILED);
	assert_null(strstr(desk->err.message, "eyJ"));
	assert_null(strstr(desk->err.code, "eyJ"));
	assert_non_null(strstr(desk->log, "attestation: keyguard: HTTP 200"));
	assert_null(strstr(desk->log, "eyJ"));
	assert_null(strstr(desk->log, PAPER_NONCE));
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_kept(void **state)
{
	struct attestation_desk *desk = *state;
	bool done = false;

	assert_int_equal(attestation_desk_ask(desk), MSIV2_OK); /* what is made once is made */
	for (unsigned nth = 1; !done; nth++) {
		enum msiv2_rc rc;

		attestation_forget(desk->attestation);
		mem_fault_at(nth);
		rc = attestation_desk_ask(desk);
		done = !mem_fault_fired();
		mem_fault_at(0);
		if (rc != (done ? MSIV2_OK : MSIV2_INTERNAL))
			fail_msg("allocation %u: %s: %s", nth, msiv2_rc_name(rc),
			         desk->err.message);
		assert_true(nth < 500);
	}
}

#define at_a_desk(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, attestation_desk_setup, attestation_desk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_token_costs_a_nonce_and_the_evidence_for_it),
	        at_a_desk(hardware_keys_go_to_the_judge_of_tpms),
	        at_a_desk(slashes_at_the_end_of_the_endpoint_are_not_doubled),
	        at_a_desk(a_kind_without_a_judge_is_not_asked_about),
	        at_a_desk(a_token_is_kept_until_five_minutes_before_its_end),
	        at_a_desk(each_endpoint_and_each_key_has_a_token_of_its_own),
	        at_a_desk(a_key_that_was_opened_again_is_the_same_key),
	        at_a_desk(forgotten_tokens_are_asked_for_again),
	        at_a_desk(a_token_about_to_run_out_is_used_and_not_kept),
	        at_a_desk(many_callers_ask_once),
	        at_a_desk(no_log_line_and_no_error_tells_a_token),
	        at_a_desk(out_of_memory_at_any_point_is_an_error_and_nothing_is_kept),
	};

	return cmocka_run_group_tests_name("attestation_exchange", tests, NULL, NULL);
}
