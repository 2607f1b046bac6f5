/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One client, many threads (KEY-04, LIFE-04, TOK-02), and a client without memory. */
#include "tests/testing.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "fake_cloud.h"
#include "mem_fault.h"

#define THREADS 32

static const struct msiv2_request vault = {.resource = CLOUD_RESOURCE};

struct desk {
	struct fake_cloud cloud;
	struct msiv2_client *client;
	atomic_int refused;
};

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	desk->client = fake_cloud_client(&desk->cloud, false);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	msiv2_client_free(desk->client);
	fake_cloud_stop(&desk->cloud);
	test_free(desk);
	return 0;
}

struct caller {
	struct msiv2_client *client;
	struct msiv2_request request;
	enum msiv2_rc rc;
	struct msiv2_error err;
	bool from_cache;
	char sha256[65];
	pthread_t thread;
};

static void *call(void *arg)
{
	struct caller *caller = arg;
	struct msiv2_token *token = NULL;

	caller->rc = msiv2_client_acquire(caller->client, &caller->request, &token, &caller->err);
	if (caller->rc != MSIV2_OK)
		return NULL;
	caller->from_cache = msiv2_token_from_cache(token);
	(void)snprintf(caller->sha256, sizeof(caller->sha256), "%s",
	               msiv2_certificate_sha256(msiv2_token_certificate(token)));
	msiv2_token_free(token);
	return NULL;
}

static void start(struct caller *caller, struct msiv2_client *client,
                  const struct msiv2_request *request)
{
	*caller = (struct caller){.client = client, .request = *request};
	assert_int_equal(pthread_create(&caller->thread, NULL, call, caller), 0);
}

static void join_all(struct caller *callers, size_t count, enum msiv2_rc rc)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
		if (callers[i].rc != rc)
			fail_msg("%s: %s", callers[i].err.where, callers[i].err.message);
	}
}

static void a_cold_start_of_many_threads_asks_once(void **state)
{
	struct caller callers[THREADS];
	struct desk *desk = *state;

	for (int i = 0; i < THREADS; i++)
		start(&callers[i], desk->client, &vault);
	join_all(callers, THREADS, MSIV2_OK);
	fake_cloud_expect(&desk->cloud, 1, 1, 1);
	for (int i = 1; i < THREADS; i++)
		assert_string_equal(callers[i].sha256, callers[0].sha256);
}

static void many_resources_share_one_certificate(void **state)
{
	struct caller callers[THREADS];
	char resources[THREADS][32];
	struct desk *desk = *state;

	for (int i = 0; i < THREADS; i++) {
		(void)snprintf(resources[i], sizeof(resources[i]), "https://r%d", i);
		start(&callers[i], desk->client, &(struct msiv2_request){.resource = resources[i]});
	}
	join_all(callers, THREADS, MSIV2_OK);
	fake_cloud_expect(&desk->cloud, 1, 1, THREADS);
}

/* Refuses every request that comes with the certificate that was issued first. */
static bool refuse_first_certificate(struct fake_cloud *cloud, enum leg leg, int nth,
                                     const struct peer_request *request, struct peer_answer *answer)
{
	struct desk *desk = (struct desk *)cloud; /* its first member */

	(void)nth;
	(void)request;
	if (leg != LEG_TOKEN || fake_cloud_count(cloud, LEG_ISSUE) > 1)
		return false;
	atomic_fetch_add(&desk->refused, 1);
	return fake_cloud_says(answer, 401,
	                       "{\"error\":\"invalid_client\",\"error_codes\":[700016]}");
}

static void a_certificate_that_many_threads_lose_is_replaced_once(void **state)
{
	struct caller callers[8];
	char resources[8][32];
	struct desk *desk = *state;

	desk->cloud.script = refuse_first_certificate;
	for (int i = 0; i < 8; i++) {
		(void)snprintf(resources[i], sizeof(resources[i]), "https://r%d", i);
		start(&callers[i], desk->client, &(struct msiv2_request){.resource = resources[i]});
	}
	join_all(callers, 8, MSIV2_OK);
	assert_true(atomic_load(&desk->refused) >= 1);
	fake_cloud_expect(&desk->cloud, 2, 2, 8 + atomic_load(&desk->refused));
	assert_int_equal(desk->cloud.bypasses, 1);
}

static bool refuse_metadata(struct fake_cloud *cloud, enum leg leg, int nth,
                            const struct peer_request *request, struct peer_answer *answer)
{
	(void)cloud;
	(void)nth;
	(void)request;
	return leg == LEG_METADATA && fake_cloud_says(answer, 403, "{\"error\":\"forbidden\"}");
}

static void an_error_is_shared_with_those_who_wait(void **state)
{
	struct caller callers[THREADS];
	struct desk *desk = *state;

	desk->cloud.script = refuse_metadata;
	for (int i = 0; i < THREADS; i++)
		start(&callers[i], desk->client, &vault);
	join_all(callers, THREADS, MSIV2_IMDS_REFUSED);
	for (int i = 0; i < THREADS; i++) {
		assert_string_equal(callers[i].err.code, "forbidden");
		assert_int_equal(callers[i].err.http_status, 403);
	}
}

static bool hang_once(struct fake_cloud *cloud, enum leg leg, int nth,
                      const struct peer_request *request, struct peer_answer *answer)
{
	(void)cloud;
	(void)request;
	if (leg != LEG_TOKEN || nth > 1)
		return false;
	answer->manners = PEER_IS_SILENT;
	return true;
}

static void who_waits_outlives_the_deadline_of_the_one_who_asks(void **state)
{
	const struct msiv2_request hasty = {.resource = CLOUD_RESOURCE, .timeout_ms = 300};
	struct msiv2_certificate *cert = NULL;
	struct caller callers[9];
	struct desk *desk = *state;
	int ok = 0;

	assert_int_equal(msiv2_client_certificate(desk->client, NULL, &cert, NULL), MSIV2_OK);
	msiv2_certificate_free(cert);
	desk->cloud.script = hang_once;
	start(&callers[0], desk->client, &hasty);
	while (fake_cloud_count(&desk->cloud, LEG_TOKEN) == 0)
		;
	for (int i = 1; i < 9; i++)
		start(&callers[i], desk->client, &vault);
	for (int i = 0; i < 9; i++)
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
	assert_int_equal(callers[0].rc, MSIV2_TIMEOUT);
	for (int i = 1; i < 9; i++)
		ok += callers[i].rc == MSIV2_OK;
	assert_int_equal(ok, 8);
	fake_cloud_expect(&desk->cloud, 1, 1, 2);
}

static void *churn(void *arg)
{
	struct caller *caller = arg;
	struct msiv2_request request = caller->request;

	for (int i = 0; i < 20 && caller->rc == MSIV2_OK; i++) {
		request.force = i % 5 == 0;
		caller->request = request;
		(void)call(caller);
	}
	return NULL;
}

static void cached_forced_and_new_certificates_mix(void **state)
{
	static const struct msiv2_request forced = {.force = true};
	struct caller callers[8];
	struct desk *desk = *state;

	for (int i = 0; i < 8; i++) {
		callers[i] = (struct caller){.client = desk->client, .request = vault};
		assert_int_equal(pthread_create(&callers[i].thread, NULL, churn, &callers[i]), 0);
	}
	for (int i = 0; i < 10; i++) {
		struct msiv2_certificate *cert = NULL;

		assert_int_equal(msiv2_client_certificate(desk->client, &forced, &cert, NULL),
		                 MSIV2_OK);
		msiv2_certificate_free(cert);
	}
	join_all(callers, 8, MSIV2_OK);
}

/* ---- without memory ---- */

static void an_acquisition_without_memory_fails_cleanly_at_every_allocation(void **state)
{
	/* Claims: every acquisition goes through all legs. */
	const struct msiv2_request challenged = {.resource = CLOUD_RESOURCE, .claims = "{}"};
	struct desk *desk = *state;
	struct msiv2_csr *csr = NULL;
	struct msiv2_error err = {0};
	unsigned nth = 0;
	bool fired;

	/* The key is made beforehand: it takes long, and has its own tests. */
	assert_int_equal(msiv2_client_csr(desk->client, NULL, &csr, NULL), MSIV2_OK);
	msiv2_csr_free(csr);
	do {
		struct msiv2_token *token = NULL;
		enum msiv2_rc rc;

		mem_fault_at(++nth);
		rc = msiv2_client_acquire(desk->client, &challenged, &token, &err);
		fired = mem_fault_fired();
		mem_fault_at(0);
		if (rc == MSIV2_OK) /* a token that could not be cached is still a token */
			msiv2_token_free(token);
		else if (rc == MSIV2_KEY_UNAVAILABLE) /* OpenSSL does not say why nobody signed */
			assert_non_null(strstr(err.message, "key"));
		else
			assert_int_equal(rc, MSIV2_INTERNAL);
		assert_true(fired || rc == MSIV2_OK);
	} while (fired);
	assert_true(nth > 50);
	print_message("%u allocations\n", nth - 1);
}

static void a_client_without_memory_is_not_made(void **state)
{
	struct desk *desk = *state;
	struct msiv2_options *options = msiv2_options_new();
	struct msiv2_client *client = NULL;
	unsigned nth = 0;

	assert_int_equal(msiv2_options_set_trust_file(options, desk->cloud.ca.pem, NULL), MSIV2_OK);
	do {
		enum msiv2_rc rc;

		mem_fault_at(++nth);
		rc = msiv2_client_new(options, &client, NULL);
		assert_int_equal(rc, mem_fault_fired() ? MSIV2_INTERNAL : MSIV2_OK);
	} while (mem_fault_fired());
	mem_fault_at(0);
	assert_true(nth > 8);
	msiv2_client_free(client);
	msiv2_options_free(options);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_cold_start_of_many_threads_asks_once),
	        at_a_desk(many_resources_share_one_certificate),
	        at_a_desk(a_certificate_that_many_threads_lose_is_replaced_once),
	        at_a_desk(an_error_is_shared_with_those_who_wait),
	        at_a_desk(who_waits_outlives_the_deadline_of_the_one_who_asks),
	        at_a_desk(cached_forced_and_new_certificates_mix),
	        at_a_desk(an_acquisition_without_memory_fails_cleanly_at_every_allocation),
	        at_a_desk(a_client_without_memory_is_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
