/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The acquisition as a whole: caches, refused certificates, stale ones, claims, deadlines (STS-05,
 * STS-06, STS-07, STORE-05, LIFE-01, ISSUE-06, ISSUE-07, TOK-02, NET-04, NET-06). */
#include "tests/testing.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text.h"
#include "fake_cloud.h"

#define DAY_S INT64_C(86400)

static const struct msiv2_request vault = {.resource = CLOUD_RESOURCE};

#define INVALID_CLIENT(codes)                                                                      \
	"{\"error\":\"invalid_client\",\"error_description\":\"AADSTS: no\"" codes "}"

struct desk {
	struct fake_cloud cloud;
	struct msiv2_client *client;
	struct msiv2_token *token;
	struct msiv2_error *err;
	/* for scripts */
	int refusals; /* so many first token requests are refused */
	const char *refusal;
	X509 *refused; /* the certificate of the last refused request */
};

static int setup_with(void **state, int tls_max)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, tls_max);
	desk->client = fake_cloud_client(&desk->cloud, true);
	desk->err = msiv2_error_new();
	*state = desk;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, 0);
}

static int setup_tls_1_2(void **state)
{
	return setup_with(state, TLS1_2_VERSION);
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	msiv2_token_free(desk->token);
	msiv2_error_free(desk->err);
	msiv2_client_free(desk->client);
	X509_free(desk->refused);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

static enum msiv2_rc acquire(struct desk *desk, const struct msiv2_request *request)
{
	msiv2_token_free(desk->token);
	desk->token = NULL;
	return msiv2_client_acquire(desk->client, request, &desk->token, desk->err);
}

static void expect_token(struct desk *desk, const struct msiv2_request *request, int metadata,
                         int issue, int token)
{
	assert_int_equal(acquire(desk, request), MSIV2_OK);
	fake_cloud_expect(&desk->cloud, metadata, issue, token);
}

static bool refuse_tokens(struct fake_cloud *cloud, enum leg leg, int nth,
                          const struct peer_request *request, struct peer_answer *answer)
{
	struct desk *desk = (struct desk *)cloud; /* its first member */

	(void)nth;
	if (leg != LEG_TOKEN || desk->refusals == 0)
		return false;
	desk->refusals--;
	/* A certificate that was refused is never presented again. */
	if (desk->refused != NULL)
		assert_int_not_equal(X509_cmp(desk->refused, request->certificate), 0);
	X509_free(desk->refused);
	desk->refused = X509_dup(request->certificate);
	return fake_cloud_says(answer, 401, desk->refusal);
}

/* ---- caches ---- */

static void a_cold_client_asks_once_for_each(void **state)
{
	struct desk *desk = *state;
	struct msiv2_timings timings;

	expect_token(desk, &vault, 1, 1, 1);
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
	struct desk *desk = *state;
	struct msiv2_timings timings;

	expect_token(desk, &vault, 1, 1, 1);
	expect_token(desk, &vault, 0, 0, 0);
	assert_true(msiv2_token_from_cache(desk->token));
	assert_string_equal(msiv2_token_secret(desk->token), "token-1");
	msiv2_token_timings(desk->token, &timings);
	assert_int_equal(timings.key_us, -1);
	assert_int_equal(timings.token_us, -1);
	assert_int_equal(timings.total_us, 0);
}

static void spellings_of_one_resource_share_a_token(void **state)
{
	struct desk *desk = *state;

	expect_token(desk, &vault, 1, 1, 1);
	expect_token(desk, &(struct msiv2_request){.resource = CLOUD_RESOURCE "/"}, 0, 0, 0);
	expect_token(desk, &(struct msiv2_request){.resource = CLOUD_RESOURCE "/.default"}, 0, 0,
	             0);
}

static void each_resource_and_type_has_a_token_of_its_own(void **state)
{
	const struct msiv2_request other = {.resource = "https://other"};
	const struct msiv2_request bearer = {.resource = CLOUD_RESOURCE,
	                                     .token_type = MSIV2_TOKEN_BEARER};
	struct desk *desk = *state;

	expect_token(desk, &vault, 1, 1, 1);
	expect_token(desk, &other, 0, 0, 1);
	desk->cloud.token_type = "Bearer";
	expect_token(desk, &bearer, 0, 0, 1);
	expect_token(desk, &vault, 0, 0, 0);
	assert_string_equal(msiv2_token_type(desk->token), "mtls_pop");
	expect_token(desk, &other, 0, 0, 0);
	expect_token(desk, &bearer, 0, 0, 0);
	assert_string_equal(msiv2_token_type(desk->token), "Bearer");
}

static void force_asks_for_a_token_on_the_same_certificate(void **state)
{
	const struct msiv2_request forced = {.resource = CLOUD_RESOURCE, .force = true};
	struct desk *desk = *state;

	expect_token(desk, &vault, 1, 1, 1);
	expect_token(desk, &forced, 0, 0, 1);
	/* And it is the one that is cached from now on. */
	expect_token(desk, &vault, 0, 0, 0);
	assert_string_equal(msiv2_token_secret(desk->token), "token-1"); /* counted from zero */
	assert_true(msiv2_token_from_cache(desk->token));
}

static void a_token_with_five_minutes_left_is_renewed(void **state)
{
	struct desk *desk = *state;

	expect_token(desk, &vault, 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, DAY_S - 301);
	expect_token(desk, &vault, 0, 0, 0);
	virtual_clock_advance(&desk->cloud.clock, 1);
	expect_token(desk, &vault, 0, 0, 1);
}

/* ---- certificates ---- */

static void a_certificate_with_a_day_left_is_replaced_and_its_tokens_with_it(void **state)
{
	struct desk *desk = *state;

	desk->cloud.token_lifetime_s = 30 * DAY_S;
	expect_token(desk, &vault, 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 6 * DAY_S - 1);
	expect_token(desk, &vault, 0, 0, 0);
	virtual_clock_advance(&desk->cloud.clock, 1);
	expect_token(desk, &vault, 1, 1, 1);
	assert_int_equal(desk->cloud.bypasses, 0);
	expect_token(desk, &vault, 0, 0, 0);
}

static void a_stale_certificate_and_a_failing_imds_are_an_error(void **state)
{
	struct desk *desk = *state;

	expect_token(desk, &vault, 1, 1, 1);
	virtual_clock_advance(&desk->cloud.clock, 6 * DAY_S);
	scripted_peer_stop(desk->cloud.imds);
	assert_int_equal(acquire(desk, &vault), MSIV2_TRANSPORT); /* LIFE-03 */
	desk->cloud.imds =
	        scripted_peer_start(&(struct peer_options){.answer = NULL}); /* for the teardown */
}

static void a_certificate_born_short_is_used_once(void **state)
{
	struct desk *desk = *state;

	desk->cloud.certificate_lifetime_s = DAY_S;
	expect_token(desk, &vault, 1, 1, 1);
	assert_false(msiv2_token_from_cache(desk->token));
	expect_token(desk, &vault, 1, 1, 1);
}

static void a_certificate_that_fails_a_check_is_not_kept(void **state)
{
	struct desk *desk = *state;

	desk->cloud.certificate_lifetime_s = -10;
	assert_int_equal(acquire(desk, &vault), MSIV2_CERT_INVALID);
	assert_int_equal(acquire(desk, &vault), MSIV2_CERT_INVALID);
	fake_cloud_expect(&desk->cloud, 2, 2, 0);
	desk->cloud.certificate_lifetime_s = 7 * DAY_S;
	expect_token(desk, &vault, 1, 1, 1);
}

static void a_forced_certificate_is_a_new_one_past_the_cache(void **state)
{
	const struct msiv2_request forced = {.force = true};
	struct msiv2_certificate *first = NULL;
	struct msiv2_certificate *again = NULL;
	struct msiv2_certificate *other = NULL;
	struct desk *desk = *state;

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

/* ---- STS-05: refused certificates ---- */

static void a_certificate_refused_once_is_replaced_once(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = refuse_tokens;
	desk->refusals = 1;
	desk->refusal = INVALID_CLIENT(",\"error_codes\":[700016]");
	expect_token(desk, &vault, 2, 2, 2);
	assert_int_equal(desk->cloud.bypasses, 1);
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, "bypass_cache=true");
	assert_int_equal(atomic_load(&desk->cloud.clock.waited_us), 0);
	expect_token(desk, &vault, 0, 0, 0);
}

static void a_second_refusal_for_another_reason_is_final(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = refuse_tokens;
	desk->refusals = 2;
	desk->refusal = INVALID_CLIENT(",\"error_codes\":[700016]");
	assert_int_equal(acquire(desk, &vault), MSIV2_STS_REFUSED);
	assert_string_equal(msiv2_error_code(desk->err), "invalid_client");
	fake_cloud_expect(&desk->cloud, 2, 2, 2);
	/* The second certificate was refused as well: it is not held. */
	expect_token(desk, &vault, 1, 1, 1);
}

static void bad_attestation_is_tried_again_with_pauses(void **state)
{
	static const char *const refusals[] = {INVALID_CLIENT(",\"error_codes\":[1000610]"),
	                                       INVALID_CLIENT(",\"error_codes\":[1000614]"),
	                                       INVALID_CLIENT("")};
	struct desk *desk = *state;

	desk->cloud.script = refuse_tokens;
	for (size_t i = 0; i < TEXT_COUNT(refusals); i++) {
		desk->refusal = refusals[i];
		desk->refusals = 3;
		expect_token(desk,
		             &(struct msiv2_request){.resource = CLOUD_RESOURCE, .force = true},
		             i == 0 ? 4 : 3, i == 0 ? 4 : 3, 4);
		assert_int_equal(desk->refusals, 0);
	}
	assert_true(atomic_load(&desk->cloud.clock.waited_us) > 0);
}

static void refusals_without_end_end_at_the_deadline(void **state)
{
	const struct msiv2_request hasty = {.resource = CLOUD_RESOURCE, .timeout_ms = 120000};
	struct desk *desk = *state;
	int issued;

	desk->cloud.script = refuse_tokens;
	desk->refusals = 100000;
	desk->refusal = INVALID_CLIENT(",\"error_codes\":[1000610]");
	assert_int_equal(acquire(desk, &hasty), MSIV2_STS_REFUSED);
	assert_string_equal(msiv2_error_code(desk->err), "invalid_client");
	assert_true(atomic_load(&desk->cloud.clock.at_us) < 120 * CLOCK_US_PER_S);
	issued = fake_cloud_count(&desk->cloud, LEG_ISSUE);
	assert_in_range(issued, 3, 200);
	assert_int_equal(desk->cloud.bypasses, issued - 1);
}

static void invalid_request_keeps_the_certificate(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = refuse_tokens;
	desk->refusals = 1;
	desk->refusal = "{\"error\":\"invalid_request\",\"error_codes\":[1000901]}";
	assert_int_equal(acquire(desk, &vault), MSIV2_STS_REFUSED);
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
	expect_token(desk, &vault, 0, 0, 1);
}

static void a_failing_imds_ends_the_replacement(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = refuse_tokens;
	desk->refusals = 1;
	desk->refusal = INVALID_CLIENT("");
	expect_token(desk, &(struct msiv2_request){.resource = "https://first"}, 2, 2, 2);
	scripted_peer_stop(desk->cloud.imds);
	desk->refusals = 1;
	assert_int_equal(acquire(desk, &vault), MSIV2_TRANSPORT);
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
	struct desk *desk = *state;

	desk->cloud.greet = refuse_first;
	expect_token(desk, &vault, 2, 2, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
	assert_int_equal(scripted_peer_connections(desk->cloud.sts), 2);
}

static void a_reset_in_the_handshake_is_taken_for_a_refusal(void **state)
{
	struct desk *desk = *state;

	desk->cloud.greet = reset_first;
	expect_token(desk, &vault, 2, 2, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
}

static void certificates_that_tls_always_refuses_are_a_transport_error(void **state)
{
	struct desk *desk = *state;

	desk->cloud.greet = refuse_all;
	assert_int_equal(acquire(desk, &vault), MSIV2_TRANSPORT);
	assert_non_null(strstr(msiv2_error_message(desk->err), "certificate was refused"));
	fake_cloud_expect(&desk->cloud, 2, 2, 0);
}

static void a_server_that_is_not_trusted_keeps_the_certificate(void **state)
{
	struct throwaway_ca foreign;
	struct msiv2_options *options = msiv2_options_new();
	struct desk *desk = *state;

	throwaway_ca_make(&foreign);
	assert_int_equal(
	        msiv2_options_set_imds(options, scripted_peer_base(desk->cloud.imds), NULL),
	        MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, foreign.pem, NULL), MSIV2_OK);
	msiv2_client_free(desk->client);
	assert_int_equal(msiv2_client_new(options, &desk->client, NULL), MSIV2_OK);
	assert_int_equal(acquire(desk, &vault), MSIV2_TRANSPORT);
	assert_int_equal(acquire(desk, &vault), MSIV2_TRANSPORT);
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
	struct desk *desk = *state;
	char before[65];

	expect_token(desk, &vault, 1, 1, 1);
	(void)snprintf(before, sizeof(before), "%s",
	               msiv2_certificate_sha256(msiv2_token_certificate(desk->token)));
	expect_token(desk, &challenged, 1, 1, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
	fake_cloud_expect_text(&desk->cloud, LEG_TOKEN,
	                       "&claims=%7B%22access_token%22%3A%7B%22x%22%3Anull%7D%7D");
	assert_string_not_equal(before,
	                        msiv2_certificate_sha256(msiv2_token_certificate(desk->token)));
	/* The new token is the one that is cached. */
	expect_token(desk, &vault, 0, 0, 0);
}

static void claims_of_a_cold_client_bypass_the_cache_too(void **state)
{
	const struct msiv2_request challenged = {.resource = CLOUD_RESOURCE, .claims = "{}"};
	struct desk *desk = *state;

	expect_token(desk, &challenged, 1, 1, 1);
	assert_int_equal(desk->cloud.bypasses, 1);
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
	struct desk *desk = *state;
	int64_t took_us;

	msiv2_client_free(desk->client);
	desk->client = fake_cloud_client(&desk->cloud, false);
	desk->cloud.script = imds_hangs;
	took_us = clock_mono_us(clock_system());
	assert_int_equal(acquire(desk, &hasty), MSIV2_TIMEOUT);
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
	struct desk *desk = *state;

	assert_int_equal(acquire(desk, &cancelled), MSIV2_TIMEOUT);
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
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(bad); i++)
		assert_int_equal(acquire(desk, &bad[i]), MSIV2_CONFIG);
	assert_int_equal(acquire(desk, NULL), MSIV2_CONFIG);
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
	assert_int_equal(msiv2_options_set_key_kinds(o, "keyguard,memory", NULL),
	                 MSIV2_UNSUPPORTED);
	assert_int_equal(msiv2_options_set_key_kinds(o, "memory,", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_key_kinds(o, "floppy", NULL), MSIV2_CONFIG);
	assert_int_equal(msiv2_options_set_store(o, "none", NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_store(o, "CurrentUser\\My", NULL), MSIV2_UNSUPPORTED);
	assert_int_equal(msiv2_options_set_store(o, "shelf", NULL), MSIV2_CONFIG);
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
	struct desk *desk = *state;
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
	assert_int_equal(acquire(desk, &vault), MSIV2_OK);
	client = fake_cloud_client(&desk->cloud, true);
	msiv2_client_free(client);
	(void)unsetenv("AZURE_POD_IDENTITY_AUTHORITY_HOST");
}

static void a_csr_issues_nothing_and_is_of_the_held_key(void **state)
{
	struct msiv2_timings timings;
	struct msiv2_csr *csr = NULL;
	struct desk *desk = *state;
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
	struct desk *desk = *state;

	expect_token(desk, &vault, 1, 1, 1);
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
	struct desk *desk = *state;
	int status = 0;
	pid_t child;

	expect_token(desk, &vault, 1, 1, 1);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct msiv2_token *token = NULL;
		enum msiv2_rc rc = msiv2_client_acquire(desk->client, &vault, &token, NULL);

		/* Freeing here leaves the parent's connections alone. */
		msiv2_client_free(desk->client);
		_exit(rc == MSIV2_CONFIG ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	expect_token(desk, &(struct msiv2_request){.resource = "https://b"}, 0, 0, 1);
	assert_int_equal(scripted_peer_connections(desk->cloud.sts), 1);
}

#define at_a_desk(test)      cmocka_unit_test_setup_teardown(test, setup, teardown)
#define at_an_old_desk(test) cmocka_unit_test_setup_teardown(test, setup_tls_1_2, teardown)

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
	        at_a_desk(a_certificate_refused_once_is_replaced_once),
	        at_a_desk(a_second_refusal_for_another_reason_is_final),
	        at_a_desk(bad_attestation_is_tried_again_with_pauses),
	        at_a_desk(refusals_without_end_end_at_the_deadline),
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
