/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The acquisition as a whole: caches, stale certificates, deadlines, requests and options
 * (STORE-05, LIFE-01, ISSUE-06, ISSUE-07, TOK-02, NET-04, NET-06). */
#include "tests/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client_desk.h"
#include "common/text.h"

#define DAY_S INT64_C(86400)

/* ---- caches ---- */

static void a_cold_client_asks_once_for_each(void **state)
{
	struct client_desk *desk = *state;
	struct msiv2_timings timings;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	assert_false(msiv2_token_from_cache(desk->token));
	assert_string_equal(msiv2_token_secret(desk->token), "token-1");
	assert_string_equal(msiv2_token_type(desk->token), "mtls_pop");
	assert_string_equal(msiv2_token_client_id(desk->token), CLOUD_CLIENT_ID);
	assert_string_equal(msiv2_token_tenant_id(desk->token), CLOUD_TENANT_ID);
	assert_int_equal(msiv2_token_expires_on(desk->token), desk->cloud.clock.epoch_s + DAY_S);
	msiv2_token_timings(desk->token, &timings);
	assert_true(timings.key_us >= 0 && timings.metadata_us >= 0 && timings.csr_us >= 0);
	assert_true(timings.issue_us >= 0 && timings.token_us >= 0 && timings.total_us >= 0);
	assert_int_equal(timings.resource_us, -1);
}

static void a_cached_token_asks_nobody(void **state)
{
	struct client_desk *desk = *state;
	struct msiv2_timings timings;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
	assert_true(msiv2_token_from_cache(desk->token));
	assert_string_equal(msiv2_token_secret(desk->token), "token-1");
	msiv2_token_timings(desk->token, &timings);
	assert_int_equal(timings.key_us, -1);
	assert_int_equal(timings.token_us, -1);
	assert_int_equal(timings.total_us, 0);
}

static void spellings_of_one_resource_share_a_token(void **state)
{
	struct client_desk *desk = *state;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	client_desk_expect_token(desk, &(struct msiv2_request){.resource = CLOUD_RESOURCE "/"}, 0,
	                         0, 0);
	client_desk_expect_token(
	        desk, &(struct msiv2_request){.resource = CLOUD_RESOURCE "/.default"}, 0, 0, 0);
}

static void each_resource_and_type_has_a_token_of_its_own(void **state)
{
	const struct msiv2_request other = {.resource = "https://other"};
	const struct msiv2_request bearer = {.resource = CLOUD_RESOURCE,
	                                     .token_type = MSIV2_TOKEN_BEARER};
	struct client_desk *desk = *state;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	client_desk_expect_token(desk, &other, 0, 0, 1);
	desk->cloud.token_type = "Bearer";
	client_desk_expect_token(desk, &bearer, 0, 0, 1);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
	assert_string_equal(msiv2_token_type(desk->token), "mtls_pop");
	client_desk_expect_token(desk, &other, 0, 0, 0);
	client_desk_expect_token(desk, &bearer, 0, 0, 0);
	assert_string_equal(msiv2_token_type(desk->token), "Bearer");
}

static void force_asks_for_a_token_on_the_same_certificate(void **state)
{
	const struct msiv2_request forced = {.resource = CLOUD_RESOURCE, .force = true};
	struct client_desk *desk = *state;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	client_desk_expect_token(desk, &forced, 0, 0, 1);
	/* And it is the one that is cached from now on. */
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
	assert_string_equal(msiv2_token_secret(desk->token), "token-1"); /* counted from zero */
	assert_true(msiv2_token_from_cache(desk->token));
}

static void a_token_with_five_minutes_left_is_renewed(void **state)
{
	struct client_desk *desk = *state;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, DAY_S - 301);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
	virtual_clock_advance(&desk->cloud.clock, 1);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 1);
}

/* ---- certificates ---- */

static void a_certificate_with_a_day_left_is_replaced_and_its_tokens_with_it(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.token_lifetime_s = 30 * DAY_S;
	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 6 * DAY_S - 1);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
	virtual_clock_advance(&desk->cloud.clock, 1);
	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	assert_int_equal(desk->cloud.bypasses, 0);
	client_desk_expect_token(desk, &client_desk_vault, 0, 0, 0);
}

static void a_stale_certificate_and_a_failing_imds_are_an_error(void **state)
{
	struct client_desk *desk = *state;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 6 * DAY_S);
	scripted_peer_stop(desk->cloud.imds);
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault),
	                 MSIV2_TRANSPORT); /* LIFE-03 */
	desk->cloud.imds =
	        scripted_peer_start(&(struct peer_options){.answer = NULL}); /* for the teardown */
}

static void a_certificate_born_short_is_used_once(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.certificate_lifetime_s = DAY_S;
	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	assert_false(msiv2_token_from_cache(desk->token));
	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
}

static void a_certificate_that_fails_a_check_is_not_kept(void **state)
{
	struct client_desk *desk = *state;

	desk->cloud.certificate_lifetime_s = -10;
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_CERT_INVALID);
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_CERT_INVALID);
	fake_cloud_expect(&desk->cloud, 2, 2, 0);
	desk->cloud.certificate_lifetime_s = 7 * DAY_S;
	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
}

static void a_forced_certificate_is_a_new_one_past_the_cache(void **state)
{
	const struct msiv2_request forced = {.force = true};
	struct msiv2_certificate *first = NULL;
	struct msiv2_certificate *again = NULL;
	struct msiv2_certificate *other = NULL;
	struct client_desk *desk = *state;

	assert_int_equal(msiv2_client_certificate(desk->client, NULL, &first, NULL), MSIV2_OK);
	assert_int_equal(msiv2_client_certificate(desk->client, NULL, &again, NULL), MSIV2_OK);
	assert_ptr_equal(first, again);
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
	assert_int_equal(msiv2_client_certificate(desk->client, &forced, &other, NULL), MSIV2_OK);
	assert_string_not_equal(msiv2_certificate_sha256(first), msiv2_certificate_sha256(other));
	fake_cloud_expect(&desk->cloud, 1, 1, 0);
	assert_int_equal(desk->cloud.bypasses, 1);
	msiv2_certificate_free(first);
	msiv2_certificate_free(again);
	msiv2_certificate_free(other);
}

/* ---- deadlines ---- */

static bool imds_hangs(struct fake_cloud *cloud, enum leg leg, int nth,
                       const struct peer_request *request, struct peer_answer *answer)
{
	(void)cloud;
	(void)nth;
	(void)request;
	if (leg != LEG_METADATA)
		return false;
	answer->manners = PEER_IS_SILENT;
	return true;
}

static void a_service_that_hangs_ends_at_the_deadline(void **state)
{
	const struct msiv2_request hasty = {.resource = CLOUD_RESOURCE, .timeout_ms = 700};
	struct client_desk *desk = *state;
	int64_t took_us;

	msiv2_client_free(desk->client);
	desk->client = fake_cloud_client(&desk->cloud, false);
	desk->cloud.script = imds_hangs;
	took_us = clock_mono_us(clock_system());
	assert_int_equal(client_desk_acquire(desk, &hasty), MSIV2_TIMEOUT);
	took_us = clock_mono_us(clock_system()) - took_us;
	assert_in_range(took_us, 699000, 10000000);
	assert_true(text_is_uuid(msiv2_error_correlation_id(desk->err)) ||
	            strcmp(msiv2_error_where(desk->err), "key") == 0);
}

static bool at_once(void *ctx)
{
	(void)ctx;
	return true;
}

static void a_call_cancelled_from_the_start_asks_nobody(void **state)
{
	const struct msiv2_request cancelled = {.resource = CLOUD_RESOURCE, .cancelled = at_once};
	struct client_desk *desk = *state;

	assert_int_equal(client_desk_acquire(desk, &cancelled), MSIV2_TIMEOUT);
	assert_non_null(strstr(msiv2_error_message(desk->err), "cancelled"));
	fake_cloud_expect(&desk->cloud, 0, 0, 0);
}

/* ---- requests and options ---- */

static void a_request_is_checked_before_anything_else(void **state)
{
	static const struct msiv2_request bad[] = {
	        {.resource = NULL},
	        {.resource = ""},
	        {.resource = "/"},
	        {.resource = "https://a b"},
	        {.resource = "https://a\n"},
	        {.resource = "https://\xc3\xa9"},
	        {.resource = "a", .timeout_ms = -1},
	        {.resource = "a", .token_type = (enum msiv2_token_type)7},
	        {.resource = "a", .claims = ""},
	        {.resource = "a", .claims = "not json"},
	        {.resource = "a", .claims = "[]"},
	};
	struct client_desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(bad); i++)
		assert_int_equal(client_desk_acquire(desk, &bad[i]), MSIV2_CONFIG);
	assert_int_equal(client_desk_acquire(desk, NULL), MSIV2_CONFIG);
	/* Details are optional. */
	assert_int_equal(msiv2_client_acquire(desk->client, &bad[0], &desk->token, NULL),
	                 MSIV2_CONFIG);
	fake_cloud_expect(&desk->cloud, 0, 0, 0);
}

static void options_are_checked_when_they_are_set(void **state)
{
	struct msiv2_options *o = msiv2_options_new();

	(void)state;
	assert_int_equal(msiv2_options_set_imds(o, "", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_imds(o, NULL, NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_imds(o, "127.0.0.1", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_imds(o, "ftp://127.0.0.1", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_imds(o, "http://h:99999", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_imds(o, "http://h:80/path?q", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(o, "", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_timeout_ms(o, 0, NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_timeout_ms(o, 1, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_key_kinds(o, "memory", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_key_kinds(o, "keyguard,memory", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_min_strength(o, "hardware", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_min_strength(o, "paper", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_key_place(o, MSIV2_KEY_TCTI, "", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_key_place(o, MSIV2_KEY_PLACES, "x", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_key_kinds(o, "memory,", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_key_kinds(o, "floppy", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_store(o, "none", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_store(o, "CurrentUser\\My", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_store(o, "localmachine/my", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_store(o, "shelf", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_store(o, "", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_store_root(o, "", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_store_root(o, "/srv/msiv2", NULL), MSIV2_OK);
	msiv2_options_free(o);
}

static void a_trust_file_that_is_missing_is_found_at_once(void **state)
{
	struct msiv2_options *options = msiv2_options_new();
	struct msiv2_client *client = NULL;

	(void)state;
	assert_int_equal(msiv2_options_set_trust_file(options, "/no/such/file", NULL), MSIV2_OK);
	assert_int_equal(msiv2_client_new(options, &client, NULL), MSIV2_CONFIG);
	assert_null(client);
	msiv2_options_free(options);
}

static void the_environment_names_imds_unless_the_options_do(void **state)
{
	struct msiv2_client *client = NULL;
	struct client_desk *desk = *state;
	char value[96];

	(void)snprintf(value, sizeof(value), "%s/metadata/x?y=z",
	               scripted_peer_base(desk->cloud.imds));
	(void)setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", value, 1);
	assert_int_equal(msiv2_client_new(NULL, &client, NULL), MSIV2_OK);
	assert_int_equal(msiv2_client_probe(client, NULL, NULL), MSIV2_OK);
	assert_string_equal(desk->cloud.target[LEG_PROBE],
	                    "GET /metadata/identity/getplatformmetadata?cred-api-version=2.0");
	msiv2_client_free(client);
	client = NULL;
	(void)setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "nonsense", 1);
	assert_int_equal(msiv2_client_new(NULL, &client, desk->err), MSIV2_CONFIG);
	assert_string_equal(msiv2_error_where(desk->err), "AZURE_POD_IDENTITY_AUTHORITY_HOST");
	/* An option wins; the variable is not even read. */
	assert_int_equal(client_desk_acquire(desk, &client_desk_vault), MSIV2_OK);
	client = fake_cloud_client(&desk->cloud, true);
	msiv2_client_free(client);
	(void)unsetenv("AZURE_POD_IDENTITY_AUTHORITY_HOST");
}

static void a_csr_issues_nothing_and_is_of_the_held_key(void **state)
{
	struct msiv2_timings timings;
	struct msiv2_csr *csr = NULL;
	struct client_desk *desk = *state;
	X509_REQ *req;
	const uint8_t *der;
	size_t len;

	assert_int_equal(msiv2_client_csr(desk->client, NULL, &csr, NULL), MSIV2_OK);
	fake_cloud_expect(&desk->cloud, 1, 0, 0);
	der = msiv2_csr_der(csr, &len);
	req = d2i_X509_REQ(NULL, &der, (long)len);
	assert_non_null(req);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
	assert_int_equal(strlen(msiv2_csr_base64(csr)), (len + 2) / 3 * 4);
	msiv2_csr_timings(csr, &timings);
	assert_int_equal(timings.issue_us, -1);
	X509_REQ_free(req);
	msiv2_csr_free(csr);
}

/* ---- who owns what ---- */

static void tokens_and_certificates_outlive_their_client(void **state)
{
	struct msiv2_certificate *cert = NULL;
	struct client_desk *desk = *state;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	assert_int_equal(msiv2_client_certificate(desk->client, NULL, &cert, NULL), MSIV2_OK);
	msiv2_client_free(desk->client);
	desk->client = NULL;
	assert_string_equal(msiv2_token_secret(desk->token), "token-1");
	assert_string_equal(msiv2_certificate_sha256(cert),
	                    msiv2_certificate_sha256(msiv2_token_certificate(desk->token)));
	msiv2_certificate_free(cert);
}

static void a_forked_child_is_told_to_make_its_own_client(void **state)
{
	struct client_desk *desk = *state;
	int status = 0;
	pid_t child;

	client_desk_expect_token(desk, &client_desk_vault, 1, 1, 1);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct msiv2_token *token = NULL;
		enum msiv2_rc rc =
		        msiv2_client_acquire(desk->client, &client_desk_vault, &token, NULL);

		/* Freeing here leaves the parent's connections alone. */
		msiv2_client_free(desk->client);
		_exit(rc == MSIV2_CONFIG ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	client_desk_expect_token(desk, &(struct msiv2_request){.resource = "https://b"}, 0, 0, 1);
	assert_int_equal(scripted_peer_connections(desk->cloud.sts), 1);
}

#define at_a_desk(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, client_desk_setup, client_desk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_cold_client_asks_once_for_each),
	        at_a_desk(a_cached_token_asks_nobody),
	        at_a_desk(spellings_of_one_resource_share_a_token),
	        at_a_desk(each_resource_and_type_has_a_token_of_its_own),
	        at_a_desk(force_asks_for_a_token_on_the_same_certificate),
	        at_a_desk(a_token_with_five_minutes_left_is_renewed),
	        at_a_desk(a_certificate_with_a_day_left_is_replaced_and_its_tokens_with_it),
	        at_a_desk(a_stale_certificate_and_a_failing_imds_are_an_error),
	        at_a_desk(a_certificate_born_short_is_used_once),
	        at_a_desk(a_certificate_that_fails_a_check_is_not_kept),
	        at_a_desk(a_forced_certificate_is_a_new_one_past_the_cache),
	        at_a_desk(a_service_that_hangs_ends_at_the_deadline),
	        at_a_desk(a_call_cancelled_from_the_start_asks_nobody),
	        at_a_desk(a_request_is_checked_before_anything_else),
	        cmocka_unit_test(options_are_checked_when_they_are_set),
	        cmocka_unit_test(a_trust_file_that_is_missing_is_found_at_once),
	        at_a_desk(the_environment_names_imds_unless_the_options_do),
	        at_a_desk(a_csr_issues_nothing_and_is_of_the_held_key),
	        at_a_desk(tokens_and_certificates_outlive_their_client),
	        at_a_desk(a_forked_child_is_told_to_make_its_own_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
