/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "fake_cloud.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/x509.h"

static int64_t world_now_s(const struct fake_cloud *cloud)
{
	return clock_now_s(&cloud->clock.clock);
}

bool fake_cloud_says(struct peer_answer *answer, int status, const char *body)
{
	answer->status = status;
	bytes_add_text(&answer->body, body);
	return true;
}

/* ---- good answers ---- */

static void say_metadata(const struct fake_cloud *cloud, struct peer_answer *answer)
{
	answer->headers = "Server: IMDS/150.870.65.1854\r\n";
	bytes_addf(&answer->body,
	           "{\"clientId\":\"%s\",\"tenantId\":\"%s\",\"cuId\":{\"vmId\":"
	           "\"11111111-2222-4333-8444-555555555555\"},"
	           "\"attestationEndpoint\":\"%s/maa\"}",
	           CLOUD_CLIENT_ID, cloud->tenant_id, scripted_peer_base(cloud->sts));
}

static EVP_PKEY *key_of_csr(const struct peer_request *request)
{
	const struct blame blame = {MSIV2_INTERNAL, "csr"};
	OWNED(cJSON) *body = NULL;
	OWNED(X509_REQ) *req = NULL;
	OWNED_STRUCT(bytes) der = {0};
	const char *base64 = NULL;
	const uint8_t *at;
	EVP_PKEY *key;

	if (json_parse_object(request->body, request->body_len, &blame, &body, NULL) != MSIV2_OK ||
	    json_need_string(body, "csr", &blame, &base64, NULL) != MSIV2_OK ||
	    !base64_decode(base64, strlen(base64), &der))
		return NULL;
	at = der.data;
	req = d2i_X509_REQ(NULL, &at, (long)der.len);
	key = req != NULL ? X509_REQ_get0_pubkey(req) : NULL;
	if (key != NULL)
		(void)EVP_PKEY_up_ref(key);
	return key;
}

static void add_certificate(const struct fake_cloud *cloud, EVP_PKEY *key, struct bytes *base64)
{
	OWNED(X509_NAME) *subject = X509_NAME_new();
	OWNED(X509) *cert = NULL;
	OWNED_STRUCT(bytes) der = {0};
	int64_t now_s = world_now_s(cloud);

	(void)X509_NAME_add_entry_by_txt(subject, "DC", MBSTRING_ASC,
	                                 (const uint8_t *)CLOUD_TENANT_ID, -1, -1, 0);
	(void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	                                 (const uint8_t *)CLOUD_CLIENT_ID, -1, -1, 0);
	cert = throwaway_ca_sign(&cloud->ca, key, subject, now_s - 300,
	                         now_s + cloud->certificate_lifetime_s);
	if (x509_to_der(cert, &der, NULL) == MSIV2_OK)
		base64_encode(der.data, der.len, base64);
}

static void say_issue(const struct fake_cloud *cloud, const struct peer_request *request,
                      struct peer_answer *answer)
{
	OWNED(EVP_PKEY) *key = key_of_csr(request);
	OWNED_STRUCT(bytes) base64 = {0};

	if (key == NULL) {
		(void)fake_cloud_says(answer, 400, "{\"error\":\"bad_csr\"}");
		return;
	}
	add_certificate(cloud, key, &base64);
	answer->headers = "Server: IMDS/150.870.65.1854\r\n";
	bytes_addf(&answer->body,
	           "{\"client_id\":\"%s\",\"tenant_id\":\"%s\",\"certificate\":\"%s\","
	           "\"identity_type\":\"SystemAssigned\","
	           "\"mtls_authentication_endpoint\":\"%s\"}",
	           CLOUD_CLIENT_ID, cloud->tenant_id, bytes_text(&base64),
	           cloud->endpoint != NULL ? cloud->endpoint : scripted_peer_base(cloud->sts));
}

static void say_token(const struct fake_cloud *cloud, int nth, struct peer_answer *answer)
{
	bytes_addf(&answer->body,
	           "{\"access_token\":\"token-%d\",\"token_type\":\"%s\",\"expires_in\":%lld}", nth,
	           cloud->token_type, (long long)cloud->token_lifetime_s);
}

static void say_well(const struct fake_cloud *cloud, enum leg leg, int nth,
                     const struct peer_request *request, struct peer_answer *answer)
{
	if (leg == LEG_METADATA)
		say_metadata(cloud, answer);
	else if (leg == LEG_PROBE)
		(void)fake_cloud_says(answer, 400, "{\"error\":\"invalid_request\"}");
	else if (leg == LEG_ISSUE)
		say_issue(cloud, request, answer);
	else if (leg == LEG_TOKEN)
		say_token(cloud, nth, answer);
	else
		(void)fake_cloud_says(answer, 200, "hello");
}

/* ---- requests ---- */

static enum leg leg_of(const struct peer_request *request)
{
	char metadata[8];

	if (strstr(request->target, "/getplatformmetadata") != NULL)
		return peer_request_header(request, "Metadata", metadata, sizeof(metadata))
		               ? LEG_METADATA
		               : LEG_PROBE;
	if (strstr(request->target, "/issuecredential") != NULL)
		return LEG_ISSUE;
	return strstr(request->target, "/oauth2/v2.0/token") != NULL ? LEG_TOKEN : LEG_RESOURCE;
}

static int note(struct fake_cloud *cloud, enum leg leg, const struct peer_request *request)
{
	int nth;

	(void)pthread_mutex_lock(&cloud->lock);
	nth = ++cloud->counts[leg];
	if (leg == LEG_ISSUE && strstr(request->target, "bypass_cache=true") != NULL)
		cloud->bypasses++;
	(void)snprintf(cloud->target[leg], sizeof(cloud->target[leg]), "%s %s", request->method,
	               request->target);
	(void)snprintf(cloud->head[leg], sizeof(cloud->head[leg]), "%s", request->head);
	(void)snprintf(cloud->body[leg], sizeof(cloud->body[leg]), "%s", request->body);
	(void)pthread_mutex_unlock(&cloud->lock);
	return nth;
}

static void answer_request(void *ctx, const struct peer_request *request,
                           struct peer_answer *answer)
{
	struct fake_cloud *cloud = ctx;
	enum leg leg = leg_of(request);
	int nth = note(cloud, leg, request);

	if (cloud->script == NULL || !cloud->script(cloud, leg, nth, request, answer))
		say_well(cloud, leg, nth, request, answer);
	fake_cloud_publish(cloud);
}

void fake_cloud_publish(struct fake_cloud *cloud)
{
	(void)pthread_mutex_lock(&cloud->lock);
	(void)pthread_mutex_unlock(&cloud->lock);
}

static enum peer_greeting greet(void *ctx, int connection)
{
	struct fake_cloud *cloud = ctx;

	fake_cloud_publish(cloud);
	return cloud->greet != NULL ? cloud->greet(cloud, connection) : PEER_SHAKES;
}

/* ---- the cloud ---- */

void fake_cloud_start(struct fake_cloud *cloud, int tls_max)
{
	struct peer_options options = {.answer = answer_request, .greet = greet, .ctx = cloud};

	memset(cloud, 0, sizeof(*cloud));
	(void)pthread_mutex_init(&cloud->lock, NULL);
	virtual_clock_start(&cloud->clock);
	cloud->certificate_lifetime_s = INT64_C(7) * 86400;
	cloud->token_lifetime_s = 86400;
	cloud->token_type = "mtls_pop";
	cloud->tenant_id = CLOUD_TENANT_ID;
	throwaway_ca_make(&cloud->ca);
	cloud->imds = scripted_peer_start(&options);
	options.certificate = cloud->ca.server;
	options.key = cloud->ca.server_key;
	options.tls_max = tls_max;
	cloud->sts = scripted_peer_start(&options);
	fake_cloud_publish(cloud);
}

void fake_cloud_stop(struct fake_cloud *cloud)
{
	scripted_peer_stop(cloud->imds);
	scripted_peer_stop(cloud->sts);
	throwaway_ca_free(&cloud->ca);
	(void)pthread_mutex_destroy(&cloud->lock);
}

int fake_cloud_count(struct fake_cloud *cloud, enum leg leg)
{
	int count;

	(void)pthread_mutex_lock(&cloud->lock);
	count = cloud->counts[leg];
	(void)pthread_mutex_unlock(&cloud->lock);
	return count;
}

void fake_cloud_expect(struct fake_cloud *cloud, int metadata, int issue, int token)
{
	int counts[LEG_COUNT];

	(void)pthread_mutex_lock(&cloud->lock);
	memcpy(counts, cloud->counts, sizeof(counts));
	memset(cloud->counts, 0, sizeof(cloud->counts));
	(void)pthread_mutex_unlock(&cloud->lock);
	assert_int_equal(counts[LEG_METADATA], metadata);
	assert_int_equal(counts[LEG_ISSUE], issue);
	assert_int_equal(counts[LEG_TOKEN], token);
}

void fake_cloud_expect_text(struct fake_cloud *cloud, enum leg leg, const char *text)
{
	bool found;

	(void)pthread_mutex_lock(&cloud->lock);
	found = strstr(cloud->target[leg], text) != NULL ||
	        strstr(cloud->head[leg], text) != NULL || strstr(cloud->body[leg], text) != NULL;
	if (!found)
		print_error("not sent: %s\nsent: %s\n%s%s\n", text, cloud->target[leg],
		            cloud->head[leg], cloud->body[leg]);
	(void)pthread_mutex_unlock(&cloud->lock);
	assert_true(found);
}

struct msiv2_client *fake_cloud_client(struct fake_cloud *cloud, bool virtual_time)
{
	struct msiv2_options *options = msiv2_options_new();
	struct msiv2_client *client = NULL;

	assert_int_equal(msiv2_options_set_imds(options, scripted_peer_base(cloud->imds), NULL),
	                 MSIV2_OK);
	assert_int_equal(msiv2_options_set_trust_file(options, cloud->ca.pem, NULL), MSIV2_OK);
	if (virtual_time)
		msiv2_options_set_clock(options, &cloud->clock.clock);
	assert_int_equal(msiv2_client_new(options, &client, NULL), MSIV2_OK);
	msiv2_options_free(options);
	return client;
}
