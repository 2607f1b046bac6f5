/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The client's side of attestation (ATT-01..04) against an attestation service with every kind of
 * manners. Waiting takes no time: the clock is virtual. */
#include "tests/testing.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "mem_fault.h"
#include "paper_key.h"
#include "paper_maa.h"
#include "ref/attestation.h"
#include "ref/keys/memory.h"
#include "ref/net/trust.h"
#include "throwaway_ca.h"
#include "virtual_clock.h"

enum step { STEP_NONCE, STEP_TOKEN, STEP_COUNT };

struct desk {
	struct throwaway_ca ca;
	struct scripted_peer *peer;
	struct virtual_clock clock;
	X509_STORE *trust;
	struct attestation *attestation;
	struct errand errand;
	struct key *inner;
	struct paper_script script;
	struct key *key;
	char endpoint[96];
	struct attested *attested;
	struct msiv2_error err;
	char log[8000];
	/* for the peer */
	int64_t lifetime_s;
	enum step bad_step;
	int bad_answers; /* so many first answers of that step are bad_status */
	int bad_status;
	const char *headers;
	const char *body;
	enum peer_manners manners;
	/* seen */
	pthread_mutex_t lock;
	int counts[STEP_COUNT];
	char target[STEP_COUNT][256];
	char head[STEP_COUNT][1024];
	char sent[STEP_COUNT][1024];
	bool certificate;
};

static int note(struct desk *desk, enum step step, const struct peer_request *request)
{
	int nth;

	(void)pthread_mutex_lock(&desk->lock);
	nth = ++desk->counts[step];
	(void)snprintf(desk->target[step], sizeof(desk->target[step]), "%s %s", request->method,
	               request->target);
	(void)snprintf(desk->head[step], sizeof(desk->head[step]), "%s", request->head);
	(void)snprintf(desk->sent[step], sizeof(desk->sent[step]), "%s", request->body);
	desk->certificate = desk->certificate || request->certificate != NULL;
	(void)pthread_mutex_unlock(&desk->lock);
	return nth;
}

static int count(struct desk *desk, enum step step)
{
	int counted;

	(void)pthread_mutex_lock(&desk->lock);
	counted = desk->counts[step];
	(void)pthread_mutex_unlock(&desk->lock);
	return counted;
}

static void answer_request(void *ctx, const struct peer_request *request,
                           struct peer_answer *answer)
{
	struct desk *desk = ctx;
	enum step step = strstr(request->target, "/attest/nonce") != NULL ? STEP_NONCE : STEP_TOKEN;
	int nth = note(desk, step, request);

	if (step != desk->bad_step || nth > desk->bad_answers) {
		(void)paper_maa_answer(request, nth,
		                       clock_now_s(&desk->clock.clock) + desk->lifetime_s, answer);
		return;
	}
	answer->status = desk->bad_status;
	answer->headers = desk->headers;
	answer->manners = desk->manners;
	if (desk->body != NULL)
		bytes_add_text(&answer->body, desk->body);
}

static void keep_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct desk *desk = ctx;
	size_t len = strlen(desk->log);

	(void)level;
	(void)snprintf(desk->log + len, sizeof(desk->log) - len, "%s\n", line);
}

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));
	struct peer_options options = {.answer = answer_request, .ctx = desk};

	(void)pthread_mutex_init(&desk->lock, NULL);
	desk->lifetime_s = INT64_C(8) * 3600;
	virtual_clock_start(&desk->clock);
	throwaway_ca_make(&desk->ca);
	options.certificate = desk->ca.server;
	options.key = desk->ca.server_key;
	desk->peer = scripted_peer_start(&options);
	(void)snprintf(desk->endpoint, sizeof(desk->endpoint), "%s/maa",
	               scripted_peer_base(desk->peer));
	assert_int_equal(trust_load(desk->ca.pem, &desk->trust, NULL), MSIV2_OK);
	assert_int_equal(attestation_new(desk->trust, &desk->clock.clock, &desk->attestation, NULL),
	                 MSIV2_OK);
	desk->errand.patience =
	        (struct patience){.clock = &desk->clock.clock,
	                          .deadline_us = clock_deadline_us(&desk->clock.clock, 86400000)};
	desk->errand.log = (struct log){.write = keep_log, .ctx = desk, .level = MSIV2_LOG_DEBUG};
	assert_int_equal(errand_begin(&desk->errand, NULL), MSIV2_OK);
	assert_int_equal(memory_key_create(&desk->inner, NULL), MSIV2_OK);
	desk->key = paper_key_new("keyguard", desk->inner, &desk->script);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	attested_free(desk->attested);
	attestation_free(desk->attestation);
	key_free(desk->key);
	key_free(desk->inner);
	X509_STORE_free(desk->trust);
	scripted_peer_stop(desk->peer);
	throwaway_ca_free(&desk->ca);
	(void)pthread_mutex_destroy(&desk->lock);
	test_free(desk);
	return 0;
}

static enum msiv2_rc ask_for(struct desk *desk, const char *endpoint, struct key *key)
{
	attested_free(desk->attested);
	desk->attested = NULL;
	return attestation_get(desk->attestation, &desk->errand, endpoint, key, &desk->attested,
	                       &desk->err);
}

static enum msiv2_rc ask(struct desk *desk)
{
	return ask_for(desk, desk->endpoint, desk->key);
}

static int64_t waited_s(struct desk *desk)
{
	return atomic_load(&desk->clock.waited_us) / CLOCK_US_PER_S;
}

static void expect_failure(struct desk *desk, enum msiv2_rc rc)
{
	enum msiv2_rc got = ask(desk);

	if (got != rc)
		fail_msg("%s: %s", msiv2_rc_name(got), desk->err.message);
	assert_null(desk->attested);
	assert_string_equal(desk->err.where, "attestation");
	assert_string_equal(desk->err.correlation_id, desk->errand.correlation_id);
}

/* ---- what is sent ---- */

static void a_token_costs_a_nonce_and_the_evidence_for_it(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(bytes) jwt = {0};
	char evidence[256];
	char id_line[128];

	assert_int_equal(ask(desk), MSIV2_OK);
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
	struct desk *desk = *state;
	OWNED_STRUCT(key) *key = paper_key_new("hardware", desk->inner, &desk->script);

	assert_int_equal(ask_for(desk, desk->endpoint, key), MSIV2_OK);
	assert_string_equal(desk->target[STEP_TOKEN],
	                    "POST /maa/attest/tpm?api-version=2023-04-01-preview");
}

static void slashes_at_the_end_of_the_endpoint_are_not_doubled(void **state)
{
	struct desk *desk = *state;
	char endpoint[128];

	(void)snprintf(endpoint, sizeof(endpoint), "%s//", desk->endpoint);
	assert_int_equal(ask_for(desk, endpoint, desk->key), MSIV2_OK);
	assert_true(text_starts(desk->target[STEP_NONCE], "GET /maa/attest/nonce?"));
}

static void a_kind_without_a_judge_is_not_asked_about(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(key) *key = paper_key_new("mystery", desk->inner, &desk->script);

	assert_int_equal(ask_for(desk, desk->endpoint, key), MSIV2_ATTESTATION_FAILED);
	assert_int_equal(count(desk, STEP_NONCE), 0);
}

/* ---- what is kept ---- */

static void a_token_is_kept_until_five_minutes_before_its_end(void **state)
{
	struct desk *desk = *state;

	desk->lifetime_s = 3600;
	assert_int_equal(ask(desk), MSIV2_OK);
	virtual_clock_advance(&desk->clock, 3600 - 301);
	assert_int_equal(ask(desk), MSIV2_OK);
	assert_int_equal(count(desk, STEP_TOKEN), 1);
	virtual_clock_advance(&desk->clock, 1);
	assert_int_equal(ask(desk), MSIV2_OK);
	assert_int_equal(count(desk, STEP_TOKEN), 2);
	assert_int_equal(count(desk, STEP_NONCE), 2);
}

static void each_endpoint_and_each_key_has_a_token_of_its_own(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(key) *other = paper_key_make("keyguard", &desk->script);
	char endpoint[128];

	(void)snprintf(endpoint, sizeof(endpoint), "%s/2", desk->endpoint);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(ask(desk), MSIV2_OK);
		assert_int_equal(ask_for(desk, endpoint, desk->key), MSIV2_OK);
		assert_int_equal(ask_for(desk, desk->endpoint, other), MSIV2_OK);
		assert_int_equal(count(desk, STEP_TOKEN), 3);
	}
}

static void a_key_that_was_opened_again_is_the_same_key(void **state)
{
	struct desk *desk = *state;
	OWNED_STRUCT(key) *again = paper_key_new("keyguard", desk->inner, &desk->script);

	assert_int_equal(ask(desk), MSIV2_OK);
	assert_int_equal(ask_for(desk, desk->endpoint, again), MSIV2_OK);
	assert_int_equal(count(desk, STEP_TOKEN), 1);
}

static void forgotten_tokens_are_asked_for_again(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(ask(desk), MSIV2_OK);
	attestation_forget(desk->attestation);
	assert_non_null(strstr(attested_token(desk->attested), "eyJ")); /* ours all the same */
	assert_int_equal(ask(desk), MSIV2_OK);
	assert_int_equal(count(desk, STEP_TOKEN), 2);
}

static void a_token_about_to_run_out_is_used_and_not_kept(void **state)
{
	struct desk *desk = *state;

	desk->lifetime_s = 300;
	assert_int_equal(ask(desk), MSIV2_OK);
	assert_non_null(desk->attested);
	assert_int_equal(ask(desk), MSIV2_OK);
	assert_int_equal(count(desk, STEP_TOKEN), 2);
	assert_non_null(strstr(desk->log, "is not kept"));
}

/* ---- failures: ATT-01 ---- */

static void a_refusal_is_told_in_the_services_words(void **state)
{
	static const enum step steps[] = {STEP_NONCE, STEP_TOKEN};
	static const char *const messages[] = {
	        "nonce: HTTP 400 bad_evidence: the key may leave",
	        "keyguard: HTTP 400 bad_evidence: the key may leave"};
	struct desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 400;
	desk->body = "{\"error\":{\"code\":\"bad_evidence\",\"message\":\"the key may leave\"}}";
	for (size_t i = 0; i < TEXT_COUNT(steps); i++) {
		desk->bad_step = steps[i];
		expect_failure(desk, MSIV2_ATTESTATION_FAILED);
		assert_string_equal(desk->err.message, messages[i]);
		assert_string_equal(desk->err.code, "bad_evidence");
		assert_int_equal(desk->err.http_status, 400);
	}
	assert_int_equal(count(desk, STEP_NONCE), 2);
	assert_int_equal(count(desk, STEP_TOKEN), 1);
}

static void every_status_but_200_is_a_failure(void **state)
{
	static const int statuses[] = {201, 204, 302, 401, 403, 404, 410};
	struct desk *desk = *state;

	desk->bad_answers = 1000;
	for (size_t i = 0; i < TEXT_COUNT(statuses); i++) {
		desk->bad_status = statuses[i];
		for (int step = 0; step < STEP_COUNT; step++) {
			desk->bad_step = (enum step)step;
			expect_failure(desk, MSIV2_ATTESTATION_FAILED);
			assert_int_equal(desk->err.http_status, statuses[i]);
		}
	}
	assert_int_equal(waited_s(desk), 0);
}

static void what_is_no_token_and_no_nonce_is_a_failure(void **state)
{
	static const char *const bodies[] = {"",
	                                     "{}",
	                                     "{\"token\":\"\",\"nonce\":\"\"}",
	                                     "{\"token\":null,\"nonce\":null}",
	                                     "{\"token\":\"opaque\",\"nonce\":\"AAAA\"}",
	                                     "<html>"};
	struct desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 200;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		desk->body = bodies[i];
		for (int step = 0; step < STEP_COUNT; step++) {
			desk->bad_step = (enum step)step;
			expect_failure(desk, MSIV2_ATTESTATION_FAILED);
		}
	}
}

static void a_failure_is_not_kept(void **state)
{
	struct desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1;
	desk->bad_status = 400;
	expect_failure(desk, MSIV2_ATTESTATION_FAILED);
	assert_int_equal(ask(desk), MSIV2_OK);
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
	struct desk *desk = *state;

	desk->script.words = "not enrolled";
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		desk->script.rc = rows[i].key;
		expect_failure(desk, rows[i].told);
		assert_string_equal(desk->err.message,
		                    "the keyguard key gives no evidence: not enrolled");
	}
	assert_int_equal(count(desk, STEP_TOKEN), 0);
}

static void an_endpoint_that_is_not_https_is_imdss_fault(void **state)
{
	static const char *const bad[] = {"http://localhost/maa", "maa", "https://",
	                                  "https://a@localhost/maa", "https://localhost/maa?x=y"};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		assert_int_equal(ask_for(desk, bad[i], desk->key), MSIV2_IMDS_MALFORMED);
		assert_non_null(strstr(desk->err.message, "attestationEndpoint"));
	}
	assert_int_equal(count(desk, STEP_NONCE), 0);
}

/* ---- transport keeps its class ---- */

static void a_line_that_breaks_is_a_transport_error(void **state)
{
	struct desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 200;
	desk->manners = PEER_RESETS;
	for (int step = 0; step < STEP_COUNT; step++) {
		desk->bad_step = (enum step)step;
		expect_failure(desk, MSIV2_TRANSPORT);
	}
	assert_int_equal(waited_s(desk), 0);
}

static void a_server_that_is_not_trusted_gets_no_evidence(void **state)
{
	struct desk *desk = *state;
	struct throwaway_ca stranger;
	X509_STORE *trust = NULL;

	throwaway_ca_make(&stranger);
	assert_int_equal(trust_load(stranger.pem, &trust, NULL), MSIV2_OK);
	attestation_free(desk->attestation);
	assert_int_equal(attestation_new(trust, &desk->clock.clock, &desk->attestation, NULL),
	                 MSIV2_OK);
	expect_failure(desk, MSIV2_TRANSPORT);
	assert_int_equal(count(desk, STEP_NONCE), 0);
	assert_int_equal(atomic_load(&desk->script.asked), 0);
	X509_STORE_free(trust);
	throwaway_ca_free(&stranger);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct desk *desk = *state;

	desk->bad_answers = 1000;
	desk->bad_status = 200;
	desk->manners = PEER_IS_SILENT;
	desk->errand.patience.clock = clock_system();
	for (int step = 0; step < STEP_COUNT; step++) {
		desk->bad_step = (enum step)step;
		desk->errand.patience.deadline_us = clock_deadline_us(clock_system(), 200);
		expect_failure(desk, MSIV2_TIMEOUT);
	}
}

/* ---- a busy service ---- */

static void a_busy_service_is_asked_again_with_a_new_nonce(void **state)
{
	static const int statuses[] = {429, 500, 503, 599};
	struct desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	for (size_t i = 0; i < TEXT_COUNT(statuses); i++) {
		int64_t before_s = waited_s(desk);
		int nonces = count(desk, STEP_NONCE);

		attestation_forget(desk->attestation);
		desk->bad_status = statuses[i];
		desk->bad_answers = count(desk, STEP_TOKEN) + 2;
		assert_int_equal(ask(desk), MSIV2_OK);
		assert_int_equal(count(desk, STEP_NONCE) - nonces, 3);
		assert_int_equal(waited_s(desk) - before_s, 1 + 2);
	}
	desk->bad_step = STEP_NONCE;
	desk->bad_answers = count(desk, STEP_NONCE) + 1;
	attestation_forget(desk->attestation);
	assert_int_equal(ask(desk), MSIV2_OK);
}

static void four_busy_answers_are_a_failure(void **state)
{
	struct desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1000;
	desk->bad_status = 503;
	expect_failure(desk, MSIV2_ATTESTATION_FAILED);
	assert_int_equal(desk->err.http_status, 503);
	assert_int_equal(count(desk, STEP_TOKEN), 4);
	assert_int_equal(waited_s(desk), 1 + 2 + 4);
}

static void retry_after_is_waited_for_within_the_deadline(void **state)
{
	struct desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1;
	desk->bad_status = 429;
	desk->headers = "Retry-After: 30\r\n";
	assert_int_equal(ask(desk), MSIV2_OK);
	assert_int_equal(waited_s(desk), 30);
	attestation_forget(desk->attestation);
	desk->bad_answers = 1000;
	desk->errand.patience.deadline_us = clock_deadline_us(&desk->clock.clock, 29000);
	expect_failure(desk, MSIV2_ATTESTATION_FAILED);
	assert_int_equal(desk->err.http_status, 429);
	assert_int_equal(waited_s(desk), 30);
}

static bool waited_half_a_second(void *ctx)
{
	struct desk *desk = ctx;

	return atomic_load(&desk->clock.waited_us) >= CLOCK_US_PER_S / 2;
}

static void a_wait_can_be_cancelled(void **state)
{
	struct desk *desk = *state;

	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1000;
	desk->bad_status = 503;
	desk->errand.patience.cancelled = waited_half_a_second;
	desk->errand.patience.cancelled_ctx = desk;
	expect_failure(desk, MSIV2_TIMEOUT);
	assert_int_equal(count(desk, STEP_TOKEN), 1);
}

/* ---- many at once ---- */

#define THREADS 16

struct caller {
	struct desk *desk;
	pthread_t thread;
	enum msiv2_rc rc;
	struct attested *attested;
};

static void *call(void *arg)
{
	struct caller *caller = arg;
	struct desk *desk = caller->desk;
	struct errand errand = desk->errand;

	errand.log = (struct log){0};
	caller->rc = attestation_get(desk->attestation, &errand, desk->endpoint, desk->key,
	                             &caller->attested, NULL);
	return NULL;
}

static void many_callers_ask_once(void **state)
{
	struct caller callers[THREADS];
	struct desk *desk = *state;

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
	assert_int_equal(count(desk, STEP_NONCE), 1);
	assert_int_equal(count(desk, STEP_TOKEN), 1);
	assert_int_equal(atomic_load(&desk->script.asked), 1);
}

/* ---- secrets and memory ---- */

static void no_log_line_and_no_error_tells_a_token(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(ask(desk), MSIV2_OK);
	attestation_forget(desk->attestation);
	desk->bad_step = STEP_TOKEN;
	desk->bad_answers = 1000;
	desk->bad_status = 400;
	desk->body = "{\"error\":{\"code\":\"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln\",\"message\":"
	             "\"not eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln again\"}}";
	expect_failure(desk, MSIV2_ATTESTATION_FAILED);
	assert_null(strstr(desk->err.message, "eyJ"));
	assert_null(strstr(desk->err.code, "eyJ"));
	assert_non_null(strstr(desk->log, "attestation: keyguard: HTTP 200"));
	assert_null(strstr(desk->log, "eyJ"));
	assert_null(strstr(desk->log, PAPER_NONCE));
}

static void out_of_memory_at_any_point_is_an_error_and_nothing_is_kept(void **state)
{
	struct desk *desk = *state;
	bool done = false;

	assert_int_equal(ask(desk), MSIV2_OK); /* what is made once is made */
	for (unsigned nth = 1; !done; nth++) {
		enum msiv2_rc rc;

		attestation_forget(desk->attestation);
		mem_fault_at(nth);
		rc = ask(desk);
		done = !mem_fault_fired();
		mem_fault_at(0);
		if (rc != (done ? MSIV2_OK : MSIV2_INTERNAL))
			fail_msg("allocation %u: %s: %s", nth, msiv2_rc_name(rc),
			         desk->err.message);
		assert_true(nth < 500);
	}
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

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
	        at_a_desk(many_callers_ask_once),
	        at_a_desk(no_log_line_and_no_error_tells_a_token),
	        at_a_desk(out_of_memory_at_any_point_is_an_error_and_nothing_is_kept),
	};

	return cmocka_run_group_tests_name("attestation_exchange", tests, NULL, NULL);
}
