/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The whole flow against the emulator: what is obtained, what is asked, what is refused. */
#include "tests/testing.h"

#include <pthread.h>
#include <string.h>

#include "common/text.h"
#include "world.h"

#define DAY_S INT64_C(86400)

static void acquire_and_drop(struct world *world, const struct msiv2_request *request)
{
	msiv2_token_free(world_acquire(world, request));
}

static void advance(struct world *world, int64_t seconds)
{
	assert_int_equal(msiv2_emulator_advance(world->emulator, seconds, &world->err), MSIV2_OK);
}

static void set_attestation(struct world *world, const char *mode)
{
	assert_int_equal(msiv2_emulator_set_attestation(world->emulator, mode, &world->err),
	                 MSIV2_OK);
}

/* The journal holds `text` somewhere among the events of an endpoint. */
static bool journal_says(struct world *world, const char *query, const char *text)
{
	char *journal = NULL;
	bool found;

	assert_int_equal(msiv2_emulator_journal(world->emulator, query, &journal, &world->err),
	                 MSIV2_OK);
	found = strstr(journal, text) != NULL;
	msiv2_emulator_text_free(journal);
	return found;
}

/* TOK-01, TOK-03, KEY-01. */
static void a_cold_client_gets_a_token_bound_to_its_certificate(void **state)
{
	struct world *world = *state;
	struct msiv2_token *token = world_acquire(world, &world_vault);
	const struct msiv2_certificate *cert = msiv2_token_certificate(token);
	int64_t now_s = msiv2_emulator_now_s(world->emulator);

	assert_string_equal(msiv2_token_type(token), "mtls_pop");
	assert_false(msiv2_token_from_cache(token));
	assert_true(msiv2_token_expires_on(token) > now_s);
	assert_string_equal(msiv2_certificate_key_kind(cert), world_key_kind());
	assert_int_equal(msiv2_certificate_key_bits(cert), 2048);
	assert_in_range(msiv2_certificate_not_after(cert), now_s + 7 * DAY_S - 5,
	                now_s + 7 * DAY_S);
	assert_non_null(strstr(msiv2_certificate_subject(cert), msiv2_token_client_id(token)));
	assert_string_equal(msiv2_certificate_identity_type(cert), "SystemAssigned");
	world_expect_counts(world, 1, 1, 1);
	msiv2_token_free(token);
}

/* RES-01. */
static void the_resource_accepts_the_token_with_its_certificate(void **state)
{
	struct world *world = *state;
	const struct msiv2_call call = {.url = msiv2_emulator_resource(world->emulator)};
	struct msiv2_response *response = NULL;
	const struct msiv2_certificate *cert;
	size_t len = 0;

	assert_int_equal(
	        msiv2_client_call(world->client, &world_vault, &call, &response, &world->err),
	        MSIV2_OK);
	assert_int_equal(msiv2_response_status(response), 200);
	cert = msiv2_token_certificate(msiv2_response_token(response));
	assert_non_null(
	        strstr(msiv2_response_body(response, &len), msiv2_certificate_x5t_s256(cert)));
	assert_int_equal(msiv2_emulator_count(world->emulator, "resource"), 1);
	msiv2_response_free(response);
}

/* TOK-02. */
static void a_second_request_is_answered_from_the_cache(void **state)
{
	struct world *world = *state;
	struct msiv2_token *token;

	acquire_and_drop(world, &world_vault);
	world_expect_counts(world, 1, 1, 1);
	token = world_acquire(world, &world_vault);
	assert_true(msiv2_token_from_cache(token));
	msiv2_token_free(token);
	world_expect_counts(world, 0, 0, 0);
}

static void force_asks_for_a_new_token_with_the_same_certificate(void **state)
{
	struct world *world = *state;
	struct msiv2_request forced = world_vault;

	forced.force = true;
	acquire_and_drop(world, &world_vault);
	world_expect_counts(world, 1, 1, 1);
	acquire_and_drop(world, &forced);
	world_expect_counts(world, 0, 0, 1);
}

static void an_expired_token_is_renewed_without_a_new_certificate(void **state)
{
	struct world *world = *state;

	acquire_and_drop(world, &world_vault);
	world_expect_counts(world, 1, 1, 1);
	advance(world, DAY_S + 1);
	acquire_and_drop(world, &world_vault);
	world_expect_counts(world, 0, 0, 1);
}

static void each_resource_and_type_has_a_token_of_its_own(void **state)
{
	struct world *world = *state;
	struct msiv2_request bearer = world_vault;
	const struct msiv2_request graph = {.resource = "https://graph.microsoft.com"};
	struct msiv2_token *token;

	bearer.token_type = MSIV2_TOKEN_BEARER;
	acquire_and_drop(world, &world_vault);
	acquire_and_drop(world, &graph);
	token = world_acquire(world, &bearer);
	assert_string_equal(msiv2_token_type(token), "Bearer");
	msiv2_token_free(token);
	world_expect_counts(world, 1, 1, 3);
}

/* STORE-05 by its constant: with 24 h left to the second a certificate is stale. Before that a
 * renewal that fails is borne (LIFE-02). */
static void a_certificate_with_a_day_left_is_replaced(void **state)
{
	struct world *world = *state;
	struct msiv2_token *token = NULL;

	msiv2_emulator_freeze(world->emulator, true);
	acquire_and_drop(world, &world_vault);
	world_expect_counts(world, 1, 1, 1);
	advance(world, 6 * DAY_S - 1);
	set_attestation(world, "required");
	acquire_and_drop(world, &world_vault);
	world_expect_counts(world, 1, 1, 1);
	advance(world, 1);
	assert_int_equal(msiv2_client_acquire(world->client, &world_vault, &token, &world->err),
	                 MSIV2_IMDS_REFUSED);
	world_expect_counts(world, 1, 1, 0);
	set_attestation(world, "optional");
	acquire_and_drop(world, &world_vault);
	world_expect_counts(world, 1, 1, 1);
}

/* STS-05: the rejected certificate is dropped everywhere, a new one is minted with bypass_cache. */
static void a_revoked_certificate_is_replaced_once(void **state)
{
	struct world *world = *state;
	struct msiv2_request forced = world_vault;
	struct msiv2_token *before = world_acquire(world, &world_vault);
	struct msiv2_token *after;

	forced.force = true;
	world_expect_counts(world, 1, 1, 1);
	msiv2_emulator_revoke_all(world->emulator);
	after = world_acquire(world, &forced);
	world_expect_counts(world, 1, 1, 2);
	assert_string_not_equal(msiv2_certificate_sha256(msiv2_token_certificate(before)),
	                        msiv2_certificate_sha256(msiv2_token_certificate(after)));
	assert_true(journal_says(world, "endpoint=issuecredential", "bypass_cache"));
	msiv2_token_free(before);
	msiv2_token_free(after);
}

static void each_selector_finds_the_user_assigned_identity(void **state)
{
	static const struct {
		enum msiv2_identity_kind kind;
		const char *id;
	} selectors[] = {
	        {MSIV2_IDENTITY_CLIENT_ID, "a2a2a2a2-0000-4000-8000-000000000002"},
	        {MSIV2_IDENTITY_OBJECT_ID, "b2b2b2b2-0000-4000-8000-000000000002"},
	        {MSIV2_IDENTITY_RESOURCE_ID,
	         "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/local/"
	         "providers/Microsoft.ManagedIdentity/userAssignedIdentities/local"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < TEXT_COUNT(selectors); i++) {
		struct msiv2_token *token;

		assert_int_equal(msiv2_options_set_identity(world->options, selectors[i].kind,
		                                            selectors[i].id, &world->err),
		                 MSIV2_OK);
		world_new_client(world);
		token = world_acquire(world, &world_vault);
		assert_string_equal(msiv2_token_client_id(token),
		                    "a2a2a2a2-0000-4000-8000-000000000002");
		assert_string_equal(msiv2_certificate_identity_type(msiv2_token_certificate(token)),
		                    "UserAssigned");
		msiv2_token_free(token);
	}
}

/* META-04, ISSUE-05. */
static void an_unknown_identity_is_refused_in_the_services_words(void **state)
{
	struct world *world = *state;
	struct msiv2_token *token = NULL;

	assert_int_equal(msiv2_options_set_identity(world->options, MSIV2_IDENTITY_CLIENT_ID,
	                                            "00000000-dead-4bad-8bad-000000000000",
	                                            &world->err),
	                 MSIV2_OK);
	world_new_client(world);
	assert_int_equal(msiv2_client_acquire(world->client, &world_vault, &token, &world->err),
	                 MSIV2_IMDS_REFUSED);
	assert_int_equal(msiv2_error_http_status(&world->err), 400);
	assert_string_equal(msiv2_error_code(&world->err), "identity_not_found");
	assert_true(text_is_uuid(msiv2_error_correlation_id(&world->err)));
	assert_null(token);
	world_expect_counts(world, 1, 0, 0);
}

/* The emulator's clock eight days ahead of the client's: the certificate it holds is past its end
 * for the token service, the next one not yet valid for the client (ISSUE-04). */
static void clocks_that_disagree_end_in_a_clear_certificate_error(void **state)
{
	struct world *world = *state;
	struct msiv2_request forced = world_vault;
	struct msiv2_token *token = NULL;

	forced.force = true;
	msiv2_options_set_clock(world->options, NULL);
	world_new_client(world);
	acquire_and_drop(world, &world_vault);
	advance(world, 8 * DAY_S);
	assert_int_equal(msiv2_client_acquire(world->client, &forced, &token, &world->err),
	                 MSIV2_CERT_INVALID);
	assert_true(journal_says(world, "endpoint=token", "STS-08/certificate-validity"));
	assert_null(token);
}

/* STS-06: an untrusted token service is a transport error, and nothing is minted again. */
static void a_token_service_of_a_foreign_root_is_not_trusted(void **state)
{
	static const struct msiv2_emulator_options defaults = {0};
	struct world *world = *state;
	struct msiv2_emulator *other = NULL;
	struct msiv2_token *token = NULL;

	assert_int_equal(msiv2_emulator_start(&defaults, &other, &world->err), MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(world->options, msiv2_emulator_ca_file(other),
	                                              &world->err),
	                 MSIV2_OK);
	world_new_client(world);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		        msiv2_client_acquire(world->client, &world_vault, &token, &world->err),
		        MSIV2_TRANSPORT);
	world_expect_counts(world, 1, 1, 0);
	msiv2_emulator_stop(other);
}

static void a_probe_tells_v2_from_nothing(void **state)
{
	struct world *world = *state;

	assert_int_equal(msiv2_client_probe(world->client, NULL, &world->err), MSIV2_OK);
	assert_int_equal(msiv2_emulator_count(world->emulator, "probe"), 1);
	world_expect_counts(world, 0, 0, 0);
	/* The admin listener answers the same path with 404: not v2 (META-08). */
	assert_int_equal(msiv2_options_set_imds(world->options,
	                                        msiv2_emulator_admin(world->emulator), &world->err),
	                 MSIV2_OK);
	world_new_client(world);
	assert_int_equal(msiv2_client_probe(world->client, NULL, &world->err), MSIV2_UNSUPPORTED);
}

/* A rule made strict by the admin shows that our client keeps every rule, noted or not. */
static void the_strict_profile_finds_nothing_to_refuse(void **state)
{
	struct world *world = *state;
	const struct msiv2_emulator_options strict = {.profile = "strict"};

	msiv2_emulator_stop(world->emulator);
	assert_int_equal(msiv2_emulator_start(&strict, &world->emulator, &world->err), MSIV2_OK);
	assert_int_equal(msiv2_options_set_imds(world->options,
	                                        msiv2_emulator_imds(world->emulator), &world->err),
	                 MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(world->options,
	                                              msiv2_emulator_ca_file(world->emulator),
	                                              &world->err),
	                 MSIV2_OK);
	msiv2_options_set_clock(world->options, msiv2_emulator_clock(world->emulator));
	world_new_client(world);
	the_resource_accepts_the_token_with_its_certificate(state);
	assert_false(journal_says(world, NULL, "\"rule\":"));
}

struct caller {
	struct world *world;
	pthread_t thread;
	enum msiv2_rc rc;
};

static void *call_acquire(void *arg)
{
	struct caller *caller = arg;
	struct msiv2_token *token = NULL;

	caller->rc = msiv2_client_acquire(caller->world->client, &world_vault, &token, NULL);
	msiv2_token_free(token);
	return NULL;
}

/* KEY-04, LIFE-04, TOK-02. */
static void sixty_four_cold_threads_ask_once(void **state)
{
	struct world *world = *state;
	static struct caller callers[64];

	for (size_t i = 0; i < TEXT_COUNT(callers); i++) {
		callers[i].world = world;
		assert_int_equal(
		        pthread_create(&callers[i].thread, NULL, call_acquire, &callers[i]), 0);
	}
	for (size_t i = 0; i < TEXT_COUNT(callers); i++) {
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
		assert_int_equal(callers[i].rc, MSIV2_OK);
	}
	world_expect_counts(world, 1, 1, 1);
}

/* SEC-01: the journal tells the story without the secrets in it. */
static void the_journal_never_shows_a_token(void **state)
{
	struct world *world = *state;
	const struct msiv2_call call = {.url = msiv2_emulator_resource(world->emulator)};
	struct msiv2_response *response = NULL;
	const char *secret;

	assert_int_equal(
	        msiv2_client_call(world->client, &world_vault, &call, &response, &world->err),
	        MSIV2_OK);
	secret = msiv2_token_secret(msiv2_response_token(response));
	assert_int_equal(strncmp(secret, "eyJ", 3), 0);
	assert_false(journal_says(world, NULL, secret));
	/* Neither whole nor by its signature. */
	assert_false(journal_says(world, NULL, strrchr(secret, '.') + 1));
	assert_true(journal_says(world, NULL, "\"endpoint\":\"resource\""));
	msiv2_response_free(response);
}

#define in_a_world(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_a_world(a_cold_client_gets_a_token_bound_to_its_certificate),
	        in_a_world(the_resource_accepts_the_token_with_its_certificate),
	        in_a_world(a_second_request_is_answered_from_the_cache),
	        in_a_world(force_asks_for_a_new_token_with_the_same_certificate),
	        in_a_world(an_expired_token_is_renewed_without_a_new_certificate),
	        in_a_world(each_resource_and_type_has_a_token_of_its_own),
	        in_a_world(a_certificate_with_a_day_left_is_replaced),
	        in_a_world(a_revoked_certificate_is_replaced_once),
	        in_a_world(each_selector_finds_the_user_assigned_identity),
	        in_a_world(an_unknown_identity_is_refused_in_the_services_words),
	        in_a_world(clocks_that_disagree_end_in_a_clear_certificate_error),
	        in_a_world(a_token_service_of_a_foreign_root_is_not_trusted),
	        in_a_world(a_probe_tells_v2_from_nothing),
	        in_a_world(the_strict_profile_finds_nothing_to_refuse),
	        in_a_world(sixty_four_cold_threads_ask_once),
	        in_a_world(the_journal_never_shows_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
