/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Certificates that are refused, and claims that ask for a new one (STS-05, STS-06, STS-07). */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "client_desk.h"
#include "common/text.h"

#define INVALID_CLIENT(codes)                                                                      \
	"{\"error\":\"invalid_client\",\"error_description\":\"AADSTS: no\"" codes "}"

/* ---- STS-05: refused certificates ---- */

static void a_certificate_refused_once_is_replaced_once(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.script = client_desk_refuse_tokens;
	desk->refusals = 1;
	desk->refusal = INVALID_CLIENT(",\"error_codes\":[700016]");
	client_desk_expect_token(desk, &client_desk_vault, 2, 2, 2);
	assert_int_equal(desk->cloud.bypasses, 1);
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, "bypass_cache=true");
	assert_int_equal(atomic_load(&desk->cloud.clock.waited_us), 0);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
}

static void a_second_refusal_for_another_reason_is_final(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.script = client_desk_refuse_tokens;
	desk->refusals = 2;
	desk->refusal = INVALID_CLIENT(",\"error_codes\":[700016]");
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_STS_REFUSED);
	assert_string_equal(msiv2_error_code(desk->err), "invalid_client");
	fake_cloud_expect(&desk->cloud, 2, 2, 2);
	/* The second certificate was refused as well: it is not held. */
	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
}

static void bad_attestation_is_tried_again_with_pauses(void **state)
{
	static const char *const refusals[] = {INVALID_CLIENT(",\"error_codes\":[1000610]"),
	                                       INVALID_CLIENT(",\"error_codes\":[1000614]"),
	                                       INVALID_CLIENT("")};
	struct client_desk *desk = *state;

	desk->cloud.script = client_desk_refuse_tokens;
	for (size_t i = 0; i < TEXT_COUNT(refusals); i++) {
		desk->refusal = refusals[i];
		desk->refusals = 3;
		client_desk_expect_token(
		        desk, &(struct msiv2_request){.resource = CLOUD_RESOURCE, .force = true},
		        i == 0 ? 4 : 3, i == 0 ? 4 : 3, 4);
		assert_int_equal(desk->refusals, 0);
	}
	assert_true(atomic_load(&desk->cloud.clock.waited_us) > 0);
}

static void refusals_without_end_end_at_the_deadline(void **state)
{
	const struct msiv2_request hasty = {.resource = CLOUD_RESOURCE, .timeout_ms = 120000};
	struct client_desk *desk = *state;
	int issued;

	desk->cloud.script = client_desk_refuse_tokens;
	desk->refusals = 100000;
	desk->refusal = INVALID_CLIENT(",\"error_codes\":[1000610]");
	assert_int_equal(client_desk_acquire(desk, &hasty), MSIV2_STS_REFUSED);
	assert_string_equal(msiv2_error_code(desk->err), "invalid_client");
	assert_true(atomic_load(&desk->cloud.clock.at_us) < 120 * CLOCK_US_PER_S);
	issued = fake_cloud_count(&desk->cloud, LEG_ISSUE);
	assert_in_range(issued, 3, 200);
	assert_int_equal(desk->cloud.bypasses, issued - 1);
}

/* How long a client of the desk's cloud pauses until it is let in, its pauses drawn from a seed. */
static int64_t pauses_us(struct client_desk *desk, uint64_t seed)
{
	struct msiv2_options *options = msiv2_options_new();
	int64_t before_us = atomic_load(&desk->cloud.clock.waited_us);

	msiv2_client_free(desk->client);
	desk->client = NULL;
	assert_int_equal(
	        msiv2_options_set_imds(options, scripted_peer_base(desk->cloud.imds), NULL),
	        MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, desk->cloud.ca.pem, NULL), MSIV2_OK);
	msiv2_options_set_clock(options, &desk->cloud.clock.clock);
	msiv2_options_set_pause_seed(options, seed);
	assert_int_equal(msiv2_client_new(options, &desk->client, NULL), MSIV2_OK);
	msiv2_options_free(options);
	desk->refusals = 4;
	client_desk_expect_token(desk, &client_desk_vault, 5, 5, 5);
	return atomic_load(&desk->cloud.clock.waited_us) - before_us;
}

static void a_seed_repeats_the_pauses_and_nothing_else(void **state)
{
	struct client_desk *desk = *state;
	int64_t first_us;
	char sha256[65];

	desk->cloud.script = client_desk_refuse_tokens;
	desk->refusal = INVALID_CLIENT("");
	first_us = pauses_us(desk, 7);
	(void)snprintf(sha256, sizeof(sha256), "%s",
	               msiv2_certificate_sha256(msiv2_token_certificate(desk->token)));
	assert_in_range(first_us, 1, 7 * CLOCK_US_PER_S);
	assert_int_equal(pauses_us(desk, 7), first_us);
	assert_string_not_equal(sha256,
	                        msiv2_certificate_sha256(msiv2_token_certificate(desk->token)));
	assert_int_not_equal(pauses_us(desk, 8), first_us);
}

static void invalid_request_keeps_the_certificate(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.script = client_desk_refuse_tokens;
	desk->refusals = 1;
	desk->refusal = "{\"error\":\"invalid_request\",\"error_codes\":[1000901]}";
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_STS_REFUSED);
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 1);
	assert_true(desk->presented_again);
	desk->presented_again = false;
}

static void a_failing_imds_ends_the_replacement(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.script = client_desk_refuse_tokens;
	desk->refusals = 1;
	desk->refusal = INVALID_CLIENT("");
	client_desk_expect_token(desk, &(struct msiv2_request){.resource = "https://first"}, 2, 2,
	                         2);
	scripted_peer_stop(desk->cloud.imds);
	desk->refusals = 1;
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_TRANSPORT);
	assert_string_equal(msiv2_error_where(desk->err), "imds.getplatformmetadata");
	desk->cloud.imds = scripted_peer_start(&(struct peer_options){.answer = NULL});
}

static enum peer_greeting refuse_first(struct fake_cloud *cloud, int connection)
{
	(void)cloud;
	return connection == 1 ? PEER_REFUSES_CLIENT : PEER_SHAKES;
}

static enum peer_greeting reset_first(struct fake_cloud *cloud, int connection)
{
	(void)cloud;
	return connection == 1 ? PEER_RESETS_HELLO : PEER_SHAKES;
}

static enum peer_greeting refuse_all(struct fake_cloud *cloud, int connection)
{
	(void)cloud;
	(void)connection;
	return PEER_REFUSES_CLIENT;
}

static void a_certificate_refused_by_tls_is_replaced_once(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.greet = refuse_first;
	client_desk_expect_token(desk, &client_desk_vault, 2, 2, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
	assert_int_equal(scripted_peer_connections(desk->cloud.sts), 2);
}

static void a_reset_in_the_handshake_is_taken_for_a_refusal(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.greet = reset_first;
	client_desk_expect_token(desk, &client_desk_vault, 2, 2, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
}

static void certificates_that_tls_always_refuses_are_a_transport_error(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.greet = refuse_all;
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_TRANSPORT);
	assert_non_null(strstr(msiv2_error_message(desk->err), "certificate was refused"));
	fake_cloud_expect(&desk->cloud, 2, 2, 0);
}

static void a_server_that_is_not_trusted_keeps_the_certificate(void **state)
{
	struct throwaway_ca foreign;
	struct msiv2_options *options = msiv2_options_new();
	struct client_desk *desk = *state;

	throwaway_ca_make(&foreign);
	assert_int_equal(
	        msiv2_options_set_imds(options, scripted_peer_base(desk->cloud.imds), NULL),
	        MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, foreign.pem, NULL), MSIV2_OK);
	msiv2_client_free(desk->client);
	assert_int_equal(msiv2_client_new(options, &desk->client, NULL), MSIV2_OK);
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_TRANSPORT);
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_TRANSPORT);
	assert_non_null(strstr(msiv2_error_message(desk->err), "not trusted"));
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
	msiv2_options_free(options);
	throwaway_ca_free(&foreign);
}

/* ---- STS-07: claims ---- */

static void claims_get_a_new_certificate_first_and_go_along(void **state)
{
	const struct msiv2_request challenged = {.resource = CLOUD_RESOURCE,
	                                         .claims = "{\"access_token\":{\"x\":null}}"};
	struct client_desk *desk = *state;
	char before[65];

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	(void)snprintf(before, sizeof(before), "%s",
	               msiv2_certificate_sha256(msiv2_token_certificate(desk->token)));
	client_desk_expect_token(desk, &challenged, 1, 1, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN,
	                       "&claims=%7B%22access_token%22%3A%7B%22x%22%3Anull%7D%7D");
	assert_string_not_equal(before,
	                        msiv2_certificate_sha256(msiv2_token_certificate(desk->token)));
	/* The new token is the one that is cached. */
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
}

static void claims_of_a_cold_client_bypass_the_cache_too(void **state)
{
	const struct msiv2_request challenged = {.resource = CLOUD_RESOURCE, .claims = "{}"};
	struct client_desk *desk = *state;

	client_desk_expect_token(desk, &challenged, 1, 1, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
}

#define at_a_desk(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, client_desk_setup, client_desk_teardown)
#define at_an_old_desk(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, client_desk_setup_tls_1_2, client_desk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_certificate_refused_once_is_replaced_once),
	        at_a_desk(a_second_refusal_for_another_reason_is_final),
	        at_a_desk(bad_attestation_is_tried_again_with_pauses),
	        at_a_desk(refusals_without_end_end_at_the_deadline),
	        at_a_desk(a_seed_repeats_the_pauses_and_nothing_else),
	        at_a_desk(invalid_request_keeps_the_certificate),
	        at_a_desk(a_failing_imds_ends_the_replacement),
	        at_a_desk(a_certificate_refused_by_tls_is_replaced_once),
	        at_an_old_desk(a_certificate_refused_by_tls_is_replaced_once),
	        at_a_desk(a_reset_in_the_handshake_is_taken_for_a_refusal),
	        at_an_old_desk(a_reset_in_the_handshake_is_taken_for_a_refusal),
	        at_a_desk(certificates_that_tls_always_refuses_are_a_transport_error),
	        at_a_desk(a_server_that_is_not_trusted_keeps_the_certificate),
	        at_a_desk(claims_get_a_new_certificate_first_and_go_along),
	        at_a_desk(claims_of_a_cold_client_bypass_the_cache_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
