/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "attestation_desk.h"

#include <stdio.h>
#include <string.h>

#include "ref/keys/memory.h"
#include "ref/net/trust.h"

static int note(struct attestation_desk *desk, enum attestation_step step,
                const struct peer_request *request)
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

int attestation_desk_count(struct attestation_desk *desk, enum attestation_step step)
{
	int counted;

	(void)pthread_mutex_lock(&desk->lock);
	counted = desk->counts[step];
	(void)pthread_mutex_unlock(&desk->lock);
	return counted;
}

static void decide(struct attestation_desk *desk, const struct peer_request *request,
                   struct peer_answer *answer)
{
	enum attestation_step step =
	        strstr(request->target, "/attest/nonce") != NULL ? STEP_NONCE : STEP_TOKEN;
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

/* Orders what the test and the peer's threads write and read, also when no answer does. */
static void publish(struct attestation_desk *desk)
{
	(void)pthread_mutex_lock(&desk->lock);
	(void)pthread_mutex_unlock(&desk->lock);
}

static void answer_request(void *ctx, const struct peer_request *request,
                           struct peer_answer *answer)
{
	decide(ctx, request, answer);
	publish(ctx);
}

static void keep_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct attestation_desk *desk = ctx;
	size_t len = strlen(desk->log);

	(void)level;
	(void)snprintf(desk->log + len, sizeof(desk->log) - len, "%s\n", line);
}

int attestation_desk_setup(void **state)
{
	struct attestation_desk *desk = test_calloc(1, sizeof(*desk));
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

int attestation_desk_teardown(void **state)
{
	struct attestation_desk *desk = *state;

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

enum msiv2_rc attestation_desk_ask_for(struct attestation_desk *desk, const char *endpoint,
                                       struct key *key)
{
	enum msiv2_rc rc;

	attested_free(desk->attested);
	desk->attested = NULL;
	publish(desk);
	rc = attestation_get(desk->attestation, &desk->errand, endpoint, key, &desk->attested,
	                     &desk->err);
	publish(desk);
	return rc;
}

enum msiv2_rc attestation_desk_ask(struct attestation_desk *desk)
{
	return attestation_desk_ask_for(desk, desk->endpoint, desk->key);
}

int64_t attestation_desk_waited_s(struct attestation_desk *desk)
{
	return atomic_load(&desk->clock.waited_us) / CLOCK_US_PER_S;
}

void attestation_desk_expect(struct attestation_desk *desk, enum msiv2_rc rc)
{
	enum msiv2_rc got = attestation_desk_ask(desk);

	if (got != rc)
		fail_msg("%s: %s", msiv2_rc_name(got), desk->err.message);
	assert_null(desk->attested);
	assert_string_equal(desk->err.where, "attestation");
	assert_string_equal(desk->err.correlation_id, desk->errand.correlation_id);
}
