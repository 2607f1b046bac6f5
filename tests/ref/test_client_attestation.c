/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Attestation as part of an acquisition (ATT-01, ATT-02, ATT-05, ATT-06): what goes to IMDS, and
 * what does not when the key was not attested. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "fake_cloud.h"
#include "paper_maa.h"
#include "paper_provider.h"

static const struct msiv2_request vault = {.resource = CLOUD_RESOURCE};

struct desk {
	struct fake_cloud cloud;
	struct msiv2_client *client;
	struct msiv2_token *token;
	struct msiv2_error err;
	char log[16000];
	atomic_int attested; /* tokens the attestation service gave */
	/* for scripts */
	int maa_status;          /* instead of its answers */
	const char *sts_refusal; /* body of a 401, for so many tokens */
	int sts_refusals;
	const char *endpoint; /* instead of the attestation service's */
};

static bool play(struct fake_cloud *cloud, enum leg leg, int nth,
                 const struct peer_request *request, struct peer_answer *answer)
{
	struct desk *desk = (struct desk *)cloud; /* its first member */
	bool evidence = strstr(request->target, "/maa/attest/keyguard?") != NULL;
	int64_t exp_s = clock_now_s(&cloud->clock.clock) + 28800;

	if (leg == LEG_TOKEN && nth <= desk->sts_refusals)
		return fake_cloud_says(answer, 401, desk->sts_refusal);
	if (leg == LEG_METADATA && desk->endpoint != NULL) {
		answer->headers = "Server: IMDS/1\r\n";
		bytes_addf(&answer->body,
		           "{\"clientId\":\"c\",\"tenantId\":\"t\",\"cuId\":{\"vmId\":\"v\"},"
		           "\"attestationEndpoint\":\"%s\"}",
		           desk->endpoint);
		return true;
	}
	if (leg == LEG_RESOURCE && desk->maa_status != 0)
		return fake_cloud_says(answer, desk->maa_status,
		                       "{\"error\":{\"code\":\"no\",\"message\":\"not you\"}}");
	return leg == LEG_RESOURCE &&
	       paper_maa_answer(request, evidence ? atomic_fetch_add(&desk->attested, 1) + 1 : 0,
	                        exp_s, answer);
}

static void keep_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct desk *desk = ctx;
	size_t len = strlen(desk->log);

	(void)level;
	(void)snprintf(desk->log + len, sizeof(desk->log) - len, "%s\n", line);
}

static void open_client(struct desk *desk, const char *kinds, bool attest)
{
	struct msiv2_options *options = msiv2_options_new();

	msiv2_client_free(desk->client);
	assert_int_equal(
	        msiv2_options_set_imds(options, scripted_peer_base(desk->cloud.imds), NULL),
	        MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, desk->cloud.ca.pem, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_key_kinds(options, kinds, NULL), MSIV2_OK);
	msiv2_options_set_clock(options, &desk->cloud.clock.clock);
	msiv2_options_set_attestation(options, attest);
	assert_int_equal(msiv2_options_set_store(options, "none", NULL), MSIV2_OK);
	msiv2_options_set_log(options, keep_log, desk, MSIV2_LOG_DEBUG);
	assert_int_equal(msiv2_client_new(options, &desk->client, NULL), MSIV2_OK);
	msiv2_options_free(options);
}

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	desk->cloud.script = play;
	open_client(desk, "keyguard,memory", true);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	/* SEC-01 */
	assert_null(strstr(desk->log, "eyJ"));
	assert_null(strstr(desk->err.message, "eyJ"));
	msiv2_token_free(desk->token);
	msiv2_client_free(desk->client);
	fake_cloud_stop(&desk->cloud);
	paper_provider_reset();
	test_free(desk);
	return 0;
}

static enum msiv2_rc acquire(struct desk *desk, const struct msiv2_request *request)
{
	msiv2_token_free(desk->token);
	desk->token = NULL;
	return msiv2_client_acquire(desk->client, request, &desk->token, &desk->err);
}

static enum msiv2_rc renew(struct desk *desk)
{
	const struct msiv2_request force = {.force = true};
	struct msiv2_certificate *cert = NULL;
	enum msiv2_rc rc = msiv2_client_certificate(desk->client, &force, &cert, &desk->err);

	msiv2_certificate_free(cert);
	return rc;
}

/* Fails the test unless the last issuance carried attestation token number nth. */
static void expect_token_sent(struct desk *desk, int nth)
{
	OWNED_STRUCT(bytes) member = {0};

	bytes_add_text(&member, ",\"attestation_token\":\"");
	paper_maa_add_jwt(&member, nth, clock_now_s(&desk->cloud.clock.clock) + 28800);
	bytes_add_text(&member, "\"}");
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, bytes_text(&member));
}

static void expect_unattested(struct desk *desk)
{
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, "{\"csr\":\"");
	assert_null(strstr(desk->cloud.body[LEG_ISSUE], "attestation"));
	assert_int_equal(atomic_load(&desk->attested), 0);
}

static void the_token_goes_to_imds_with_the_csr(void **state)
{
	struct desk *desk = *state;
	struct msiv2_timings timings;

	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	expect_token_sent(desk, 1);
	msiv2_token_timings(desk->token, &timings);
	assert_true(timings.attestation_us >= 0);
	assert_string_equal(msiv2_certificate_key_kind(msiv2_token_certificate(desk->token)),
	                    "keyguard");
	assert_non_null(strstr(desk->log, "\nattestation: "));
}

static void who_does_not_ask_for_attestation_gets_none(void **state)
{
	struct desk *desk = *state;
	struct msiv2_timings timings;

	open_client(desk, "keyguard", false);
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	expect_unattested(desk);
	msiv2_token_timings(desk->token, &timings);
	assert_int_equal(timings.attestation_us, -1);
	assert_null(strstr(desk->log, "attest"));
}

static void memory_keys_go_unattested_and_that_is_logged_once(void **state)
{
	static const char line[] = "attestation: memory keys cannot be attested, the request goes "
	                           "without\n";
	struct desk *desk = *state;
	const char *found;

	paper_provider()->absent = true;
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	expect_unattested(desk);
	found = strstr(desk->log, line);
	assert_non_null(found);
	assert_null(strstr(found + 1, line));
}

static void without_a_token_nothing_is_issued(void **state)
{
	struct desk *desk = *state;

	desk->maa_status = 403;
	assert_int_equal(acquire(desk, &vault), MSIV2_ATTESTATION_FAILED);
	assert_string_equal(desk->err.where, "attestation");
	assert_string_equal(desk->err.message, "nonce: HTTP 403 no: not you");
	assert_int_equal(desk->err.http_status, 403);
	fake_cloud_expect(&desk->cloud, 1, 0, 0);
	desk->maa_status = 0;
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	expect_token_sent(desk, 1);
}

/* KEY-08: the device may be back, with another key. */
static void a_key_without_evidence_is_looked_for_again(void **state)
{
	struct desk *desk = *state;

	paper_provider()->script.rc = MSIV2_ATTESTATION_FAILED;
	paper_provider()->script.words = "not enrolled";
	assert_int_equal(acquire(desk, &vault), MSIV2_ATTESTATION_FAILED);
	assert_int_equal(paper_provider()->opened, 1);
	fake_cloud_expect(&desk->cloud, 1, 0, 0);
	paper_provider()->script.rc = MSIV2_OK;
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	assert_int_equal(paper_provider()->opened, 2);
}

static void an_endpoint_without_https_is_imdss_fault(void **state)
{
	struct desk *desk = *state;

	desk->endpoint = "http://127.0.0.1/maa";
	assert_int_equal(acquire(desk, &vault), MSIV2_IMDS_MALFORMED);
	fake_cloud_expect(&desk->cloud, 1, 0, 0);
	open_client(desk, "keyguard", false); /* nobody looks at it then */
	assert_int_equal(renew(desk), MSIV2_OK);
}

static void a_new_certificate_does_not_need_a_new_token(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	assert_int_equal(renew(desk), MSIV2_OK);
	assert_int_equal(atomic_load(&desk->attested), 1);
	expect_token_sent(desk, 1);
	fake_cloud_expect(&desk->cloud, 2, 2, 1);
}

/* ATT-06 */
static void a_token_that_the_token_service_refuses_is_replaced(void **state)
{
	struct desk *desk = *state;

	desk->sts_refusal = "{\"error\":\"invalid_client\",\"error_codes\":[1000614]}";
	desk->sts_refusals = 2;
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	assert_int_equal(atomic_load(&desk->attested), 3);
	fake_cloud_expect(&desk->cloud, 3, 3, 3);
}

static void another_refusal_leaves_the_token_alone(void **state)
{
	struct desk *desk = *state;

	desk->sts_refusal = "{\"error\":\"invalid_client\",\"error_codes\":[700016]}";
	desk->sts_refusals = 1;
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	assert_int_equal(atomic_load(&desk->attested), 1);
	fake_cloud_expect(&desk->cloud, 2, 2, 2);
}

static void a_csr_alone_is_not_attested(void **state)
{
	struct desk *desk = *state;
	struct msiv2_csr *csr = NULL;

	assert_int_equal(msiv2_client_csr(desk->client, NULL, &csr, &desk->err), MSIV2_OK);
	msiv2_csr_free(csr);
	assert_int_equal(atomic_load(&desk->attested), 0);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(the_token_goes_to_imds_with_the_csr),
	        at_a_desk(who_does_not_ask_for_attestation_gets_none),
	        at_a_desk(memory_keys_go_unattested_and_that_is_logged_once),
	        at_a_desk(without_a_token_nothing_is_issued),
	        at_a_desk(a_key_without_evidence_is_looked_for_again),
	        at_a_desk(an_endpoint_without_https_is_imdss_fault),
	        at_a_desk(a_new_certificate_does_not_need_a_new_token),
	        at_a_desk(a_token_that_the_token_service_refuses_is_replaced),
	        at_a_desk(another_refusal_leaves_the_token_alone),
	        at_a_desk(a_csr_alone_is_not_attested),
	};

	return cmocka_run_group_tests_name("client_attestation", tests, NULL, NULL);
}
