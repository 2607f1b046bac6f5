/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The client's IMDS legs against an IMDS with every kind of manners (META-01..08, ISSUE-01,
 * ISSUE-05, ISSUE-06, NET-01). Waiting takes no time: the clock is virtual. */
#include "tests/testing.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "fake_cloud.h"
#include "ref/imds.h"

#define GOOD_SERVER "Server: IMDS/150.870.65.1854\r\n"

struct desk {
	struct fake_cloud cloud;
	struct http_pool *pool;
	struct identity identity;
	struct imds imds;
	struct errand errand;
	struct metadata metadata;
	struct issue issue;
	struct msiv2_error err;
	/* for scripts */
	int bad_answers; /* so many first answers are bad_status */
	int bad_status;
	const char *headers;
	const char *body;
	enum peer_manners manners;
	size_t after;
};

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));
	struct http_pool_config config = {.direct = true};

	fake_cloud_start(&desk->cloud, 0);
	config.clock = &desk->cloud.clock.clock;
	assert_int_equal(http_pool_new(&config, &desk->pool, NULL), MSIV2_OK);
	desk->imds = (struct imds){.pool = desk->pool,
	                           .base = scripted_peer_base(desk->cloud.imds),
	                           .identity = &desk->identity};
	desk->errand.patience = (struct patience){
	        .clock = &desk->cloud.clock.clock,
	        .deadline_us = clock_deadline_us(&desk->cloud.clock.clock, 600000)};
	assert_int_equal(errand_begin(&desk->errand, NULL), MSIV2_OK);
	desk->bad_answers = 1000;
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	metadata_free(&desk->metadata);
	issue_free(&desk->issue);
	identity_free(&desk->identity);
	http_pool_free(desk->pool);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

static bool say_badly(struct fake_cloud *cloud, enum leg leg, int nth,
                      const struct peer_request *request, struct peer_answer *answer)
{
	const struct desk *desk = (const struct desk *)cloud; /* its first member */

	(void)leg;
	(void)request;
	if (nth > desk->bad_answers)
		return false;
	answer->status = desk->bad_status;
	answer->headers = desk->headers;
	answer->manners = desk->manners;
	answer->after = desk->after;
	if (desk->body != NULL)
		bytes_add_text(&answer->body, desk->body);
	return true;
}

static enum msiv2_rc ask_metadata(struct desk *desk)
{
	metadata_free(&desk->metadata);
	return imds_metadata(&desk->imds, &desk->errand, &desk->metadata, &desk->err);
}

static enum msiv2_rc ask_issue(struct desk *desk, bool bypass)
{
	issue_free(&desk->issue);
	return imds_issue(&desk->imds, &desk->errand, "AAAA", NULL, bypass, &desk->issue,
	                  &desk->err);
}

static int64_t waited_s(struct desk *desk)
{
	return atomic_load(&desk->cloud.clock.waited_us) / CLOCK_US_PER_S;
}

/* ---- what is sent ---- */

static void metadata_is_asked_for_as_the_protocol_says(void **state)
{
	struct desk *desk = *state;
	char id_line[128];

	assert_int_equal(ask_metadata(desk), MSIV2_OK);
	assert_string_equal(desk->metadata.client_id, CLOUD_CLIENT_ID);
	assert_string_equal(desk->metadata.tenant_id, CLOUD_TENANT_ID);
	assert_string_equal(desk->cloud.target[LEG_METADATA],
	                    "GET /metadata/identity/getplatformmetadata?cred-api-version=2.0");
	fake_cloud_expect_text(&desk->cloud, LEG_METADATA, "Metadata: true\r\n");
	(void)snprintf(id_line, sizeof(id_line), "x-ms-client-request-id: %s\r\n",
	               desk->errand.correlation_id);
	fake_cloud_expect_text(&desk->cloud, LEG_METADATA, id_line);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 1);
}

static void each_identity_has_its_selector_and_is_encoded(void **state)
{
	static const char uuid[] = "a2a2a2a2-0000-4000-8000-000000000002";
	static const struct {
		enum msiv2_identity_kind kind;
		const char *id;
		const char *query;
	} rows[] = {
	        {MSIV2_IDENTITY_CLIENT_ID, uuid,
	         "=2.0&client_id=a2a2a2a2-0000-4000-8000-"
	         "000000000002"},
	        {MSIV2_IDENTITY_OBJECT_ID, uuid,
	         "=2.0&object_id=a2a2a2a2-0000-4000-8000-"
	         "000000000002"},
	        {MSIV2_IDENTITY_RESOURCE_ID, "/subscriptions/s/a&b=c+d%",
	         "=2.0&mi_res_id=%2Fsubscriptions%2Fs%2Fa%26b%3Dc%2Bd%25"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		assert_int_equal(identity_set(&desk->identity, rows[i].kind, rows[i].id, NULL),
		                 MSIV2_OK);
		assert_int_equal(ask_metadata(desk), MSIV2_OK);
		fake_cloud_expect_text(&desk->cloud, LEG_METADATA, rows[i].query);
		(void)ask_issue(desk, false);
		fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, rows[i].query);
	}
}

static void issuance_posts_the_csr_alone(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(ask_issue(desk, false), MSIV2_IMDS_REFUSED); /* "AAAA" is no CSR */
	assert_string_equal(desk->cloud.target[LEG_ISSUE],
	                    "POST /metadata/identity/issuecredential?cred-api-version=2.0");
	assert_string_equal(desk->cloud.body[LEG_ISSUE], "{\"csr\":\"AAAA\"}");
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, "Content-Type: application/json\r\n");
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, "Metadata: true\r\n");
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, desk->errand.correlation_id);
	assert_int_equal(desk->cloud.bypasses, 0);
	assert_int_equal(ask_issue(desk, true), MSIV2_IMDS_REFUSED);
	fake_cloud_expect_text(&desk->cloud, LEG_ISSUE, "=2.0&bypass_cache=true");
}

/* ---- refusals ---- */

static void a_refusal_carries_the_services_words(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 400;
	desk->body = "{\"error\":\"identity_not_found\",\"error_description\":\"nobody there\"}";
	assert_int_equal(ask_metadata(desk), MSIV2_IMDS_REFUSED);
	assert_string_equal(desk->err.where, "imds.getplatformmetadata");
	assert_int_equal(desk->err.http_status, 400);
	assert_string_equal(desk->err.code, "identity_not_found");
	assert_string_equal(desk->err.message, "HTTP 400 identity_not_found: nobody there");
	assert_string_equal(desk->err.correlation_id, desk->errand.correlation_id);
	assert_int_equal(ask_issue(desk, false), MSIV2_IMDS_REFUSED);
	assert_string_equal(desk->err.where, "imds.issuecredential");
	assert_string_equal(desk->err.correlation_id, desk->errand.correlation_id);
	/* 400 is final. */
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 1);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_ISSUE), 1);
}

static void a_redirect_is_a_refusal(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 307;
	desk->headers = "Location: http://127.0.0.1:1/\r\n" GOOD_SERVER;
	assert_int_equal(ask_metadata(desk), MSIV2_IMDS_REFUSED);
	assert_int_equal(desk->err.http_status, 307);
	assert_int_equal(ask_issue(desk, false), MSIV2_IMDS_REFUSED);
}

static void four_times_404_means_no_v2_here(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 404;
	assert_int_equal(ask_metadata(desk), MSIV2_UNSUPPORTED);
	assert_int_equal(desk->err.http_status, 404);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 4);
	assert_int_equal(waited_s(desk), 7);
	/* On issuance it is a failure of the service. */
	assert_int_equal(ask_issue(desk, false), MSIV2_IMDS_REFUSED);
}

static void answers_that_get_better_are_waited_for(void **state)
{
	static const struct {
		int status, bad, waited;
	} rows[] = {{404, 1, 1}, {429, 2, 3}, {500, 3, 7}, {503, 1, 1}, {410, 7, 70}, {410, 1, 10}};
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	for (size_t i = 0; i < TEXT_COUNT(rows); i++) {
		int64_t before = waited_s(desk);

		fake_cloud_expect(&desk->cloud, fake_cloud_count(&desk->cloud, LEG_METADATA), 0, 0);
		desk->bad_status = rows[i].status;
		desk->bad_answers = rows[i].bad;
		assert_int_equal(ask_metadata(desk), MSIV2_OK);
		assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), rows[i].bad + 1);
		assert_int_equal(waited_s(desk) - before, rows[i].waited);
	}
}

static void eight_times_410_is_a_refusal(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 410;
	assert_int_equal(ask_metadata(desk), MSIV2_IMDS_REFUSED);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 8);
	assert_int_equal(waited_s(desk), 70);
}

static void retry_after_is_waited_for(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 429;
	desk->headers = "Retry-After: 30\r\n";
	desk->bad_answers = 1;
	assert_int_equal(ask_metadata(desk), MSIV2_OK);
	assert_int_equal(waited_s(desk), 30);
}

static void a_wait_beyond_the_deadline_is_not_begun(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 503;
	desk->errand.patience.deadline_us = clock_deadline_us(&desk->cloud.clock.clock, 2500);
	assert_int_equal(ask_metadata(desk), MSIV2_IMDS_REFUSED);
	assert_int_equal(desk->err.http_status, 503);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 2);
	assert_int_equal(waited_s(desk), 1);
}

static bool waited_half_a_second(void *ctx)
{
	struct desk *desk = ctx;

	return atomic_load(&desk->cloud.clock.waited_us) >= CLOCK_US_PER_S / 2;
}

static void a_wait_can_be_cancelled(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 503;
	desk->errand.patience.cancelled = waited_half_a_second;
	desk->errand.patience.cancelled_ctx = desk;
	assert_int_equal(ask_metadata(desk), MSIV2_TIMEOUT);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 1);
	assert_true(atomic_load(&desk->cloud.clock.waited_us) < CLOCK_US_PER_S);
}

/* ---- answers that are not IMDS's ---- */

static void an_answer_without_imds_in_its_server_header_is_refused(void **state)
{
	static const char *const headers[] = {"", "Server: nginx\r\n", "X-Server: IMDS/1\r\n"};
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 200;
	desk->body = "{\"clientId\":\"c\",\"tenantId\":\"t\",\"cuId\":{\"vmId\":\"v\"},"
	             "\"attestationEndpoint\":\"a\"}";
	for (size_t i = 0; i < TEXT_COUNT(headers); i++) {
		desk->headers = headers[i];
		assert_int_equal(ask_metadata(desk), MSIV2_IMDS_MALFORMED);
		assert_non_null(strstr(desk->err.message, "not IMDS"));
	}
	desk->headers = "sErVeR: Microsoft-IMDS/2\r\n";
	assert_int_equal(ask_metadata(desk), MSIV2_OK);
}

static void a_body_that_is_not_metadata_is_malformed(void **state)
{
	static const char *const bodies[] = {
	        "", "null", "[]", "{}", "{\"clientId\":\"c\"}", "not js", "{\"clientId\":5}"};
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 200;
	desk->headers = GOOD_SERVER;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		desk->body = bodies[i];
		assert_int_equal(ask_metadata(desk), MSIV2_IMDS_MALFORMED);
		assert_int_equal(ask_issue(desk, false), MSIV2_IMDS_MALFORMED);
		assert_null(desk->metadata.client_id);
		assert_null(desk->issue.certificate);
	}
}

static void a_cut_answer_is_malformed_and_asked_for_once(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 200;
	desk->headers = GOOD_SERVER;
	desk->body = "{\"clientId\":\"c\"}";
	desk->manners = PEER_CLOSES;
	desk->after = 80;
	assert_int_equal(ask_metadata(desk), MSIV2_IMDS_MALFORMED);
	assert_string_equal(desk->err.correlation_id, desk->errand.correlation_id);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 1);
}

static void a_reset_is_a_transport_error_and_not_retried(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->manners = PEER_RESETS;
	assert_int_equal(ask_metadata(desk), MSIV2_TRANSPORT);
	assert_int_equal(ask_issue(desk, false), MSIV2_TRANSPORT);
	assert_non_null(strstr(desk->err.message, scripted_peer_base(desk->cloud.imds)));
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 1);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_ISSUE), 1);
	assert_int_equal(waited_s(desk), 0);
}

/* A connection that was good once is not taken again: its reset would be hidden by a second try. */
static void a_reset_after_a_good_answer_is_not_retried_either(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(ask_metadata(desk), MSIV2_OK);
	desk->cloud.script = say_badly;
	desk->manners = PEER_RESETS;
	assert_int_equal(ask_issue(desk, false), MSIV2_TRANSPORT);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_ISSUE), 1);
}

/* ---- the probe ---- */

static void a_probe_says_v2_for_400_and_nothing_else(void **state)
{
	static const int others[] = {200, 204, 302, 401, 403, 404, 405};
	struct desk *desk = *state;

	assert_int_equal(imds_probe(&desk->imds, &desk->errand, &desk->err), MSIV2_OK);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_PROBE), 1);
	assert_null(strcasestr(desk->cloud.head[LEG_PROBE], "Metadata:"));
	desk->cloud.script = say_badly;
	for (size_t i = 0; i < TEXT_COUNT(others); i++) {
		desk->bad_status = others[i];
		assert_int_equal(imds_probe(&desk->imds, &desk->errand, &desk->err),
		                 MSIV2_UNSUPPORTED);
		assert_int_equal(desk->err.http_status, others[i]);
	}
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_PROBE), 1 + TEXT_COUNT(others));
}

static void a_probe_waits_for_a_busy_imds(void **state)
{
	struct desk *desk = *state;

	desk->cloud.script = say_badly;
	desk->bad_status = 503;
	desk->bad_answers = 2;
	assert_int_equal(imds_probe(&desk->imds, &desk->errand, &desk->err), MSIV2_OK);
	assert_int_equal(waited_s(desk), 3);
}

/* ---- identities ---- */

static void an_identity_is_checked_before_it_is_used(void **state)
{
	static const char uuid[] = "a2a2a2a2-0000-4000-8000-000000000002";
	static const struct {
		enum msiv2_identity_kind kind;
		const char *id;
	} bad[] = {
	        {MSIV2_IDENTITY_SYSTEM, uuid},
	        {MSIV2_IDENTITY_CLIENT_ID, NULL},
	        {MSIV2_IDENTITY_CLIENT_ID, ""},
	        {MSIV2_IDENTITY_CLIENT_ID, "not-a-uuid"},
	        {MSIV2_IDENTITY_OBJECT_ID, "a2a2a2a2-0000-4000-8000-00000000000"},
	        {MSIV2_IDENTITY_RESOURCE_ID, "subscriptions/x"},
	        {MSIV2_IDENTITY_RESOURCE_ID, "/a b"},
	        {MSIV2_IDENTITY_RESOURCE_ID, "/a\r\nX: y"},
	        {MSIV2_IDENTITY_RESOURCE_ID, "/\xff"},
	        {(enum msiv2_identity_kind)17, uuid},
	};
	struct identity identity = {0};
	struct msiv2_error err = {0};

	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(bad); i++) {
		assert_int_equal(identity_set(&identity, bad[i].kind, bad[i].id, &err),
		                 MSIV2_CONFIG);
		assert_null(identity.id);
	}
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(metadata_is_asked_for_as_the_protocol_says),
	        at_a_desk(each_identity_has_its_selector_and_is_encoded),
	        at_a_desk(issuance_posts_the_csr_alone),
	        at_a_desk(a_refusal_carries_the_services_words),
	        at_a_desk(a_redirect_is_a_refusal),
	        at_a_desk(four_times_404_means_no_v2_here),
	        at_a_desk(answers_that_get_better_are_waited_for),
	        at_a_desk(eight_times_410_is_a_refusal),
	        at_a_desk(retry_after_is_waited_for),
	        at_a_desk(a_wait_beyond_the_deadline_is_not_begun),
	        at_a_desk(a_wait_can_be_cancelled),
	        at_a_desk(an_answer_without_imds_in_its_server_header_is_refused),
	        at_a_desk(a_body_that_is_not_metadata_is_malformed),
	        at_a_desk(a_cut_answer_is_malformed_and_asked_for_once),
	        at_a_desk(a_reset_is_a_transport_error_and_not_retried),
	        at_a_desk(a_reset_after_a_good_answer_is_not_retried_either),
	        at_a_desk(a_probe_says_v2_for_400_and_nothing_else),
	        at_a_desk(a_probe_waits_for_a_busy_imds),
	        cmocka_unit_test(an_identity_is_checked_before_it_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
