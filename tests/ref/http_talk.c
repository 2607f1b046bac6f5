/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "http_talk.h"

#include <stdio.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/clock.h"
#include "ref/net/trust.h"

struct throwaway_ca talk_ca;
X509_STORE *talk_trust;
EVP_PKEY *talk_client_key;
X509 *talk_client_cert;

int talk_group_setup(void **state)
{
	X509_NAME *name = X509_NAME_new();

	(void)state;
	throwaway_ca_make(&talk_ca);
	assert_int_equal(trust_load(talk_ca.pem, &talk_trust, NULL), MSIV2_OK);
	talk_client_key = certificate_p256_key();
	talk_client_cert =
	        throwaway_ca_sign(&talk_ca, talk_client_key, name, 0, INT64_C(4102444800));
	X509_NAME_free(name);
	return 0;
}

int talk_group_teardown(void **state)
{
	(void)state;
	X509_free(talk_client_cert);
	EVP_PKEY_free(talk_client_key);
	X509_STORE_free(talk_trust);
	throwaway_ca_free(&talk_ca);
	return 0;
}

static void answer_as_told(void *ctx, const struct peer_request *request,
                           struct peer_answer *answer)
{
	struct talk *talk = ctx;

	if (atomic_fetch_add(&talk->requests, 1) == 0)
		(void)snprintf(talk->head, sizeof(talk->head), "%s %s\n%s", request->method,
		               request->target, request->head);
	*answer = talk->answer;
	answer->body = (struct bytes){0};
	bytes_add(&answer->body, talk->answer.body.data, talk->answer.body.len);
}

static enum peer_greeting greet_as_told(void *ctx, int connection)
{
	const struct talk *talk = ctx;

	(void)connection;
	return talk->greeting;
}

void talk_start(struct talk *talk, bool tls, int tls_max, X509_STORE *trusted)
{
	const struct peer_options options = {.answer = answer_as_told,
	                                     .greet = greet_as_told,
	                                     .ctx = talk,
	                                     .certificate = tls ? talk_ca.server : NULL,
	                                     .key = talk_ca.server_key,
	                                     .tls_max = tls_max};
	const struct http_pool_config config = {.clock = clock_system(),
	                                        .direct = !tls, /* as IMDS is asked */
	                                        .trust = trusted,
	                                        .certificate = tls ? talk_client_cert : NULL,
	                                        .pkey = tls ? talk_client_key : NULL};

	talk->peer = scripted_peer_start(&options);
	assert_int_equal(http_pool_new(&config, &talk->pool, NULL), MSIV2_OK);
	talk->patience = (struct patience){.clock = clock_system(),
	                                   .deadline_us = clock_deadline_us(clock_system(), 20000)};
}

void talk_end(struct talk *talk)
{
	http_answer_free(&talk->got);
	http_pool_free(talk->pool);
	scripted_peer_stop(talk->peer);
	bytes_free(&talk->answer.body);
}

enum msiv2_rc talk_send(struct talk *talk, const char *base, const char *method, const char *body)
{
	char url[128];
	const struct http_header headers[] = {{"x-test", "yes"}};
	const struct http_request request = {.where = "test",
	                                     .malformed = MSIV2_IMDS_MALFORMED,
	                                     .method = method,
	                                     .url = url,
	                                     .headers = headers,
	                                     .header_count = 1,
	                                     .body = body,
	                                     .body_len = body != NULL ? strlen(body) : 0,
	                                     .patience = &talk->patience};

	(void)snprintf(url, sizeof(url), "%s/path?q=1", base);
	return http_send(talk->pool, &request, &talk->got, &talk->err);
}

enum msiv2_rc talk_get(struct talk *talk)
{
	return talk_send(talk, scripted_peer_base(talk->peer), "GET", NULL);
}

void talk_expect_failure(struct talk *talk, enum msiv2_rc rc, const char *text)
{
	assert_int_equal(talk_get(talk), rc);
	assert_string_equal(talk->err.where, "test");
	if (strstr(talk->err.message, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, talk->err.message);
	assert_non_null(strstr(talk->err.message, scripted_peer_base(talk->peer)));
}
