/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Keys on their own: what is told of them, enrolling their device, removing them. */
#include "tests/testing.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "fake_cloud.h"
#include "paper_provider.h"

struct desk {
	struct fake_cloud cloud;
	struct msiv2_client *client;
	struct msiv2_key_info *info;
	struct msiv2_error err;
	/* for scripts */
	int bad_status; /* instead of a certificate */
	const char *bad_body;
	EVP_PKEY *other; /* certified instead of what came */
};

/* The key to certify: what came, as an authority reads it. */
static EVP_PKEY *key_of(const struct peer_request *request, const char *kind)
{
	const struct blame blame = {MSIV2_INTERNAL, "enrol"};
	OWNED(cJSON) *body = NULL;
	OWNED_STRUCT(bytes) der = {0};
	const char *text = NULL;
	const uint8_t *at;

	if (json_parse_object(request->body, request->body_len, &blame, &body, NULL) != MSIV2_OK ||
	    json_need_string(body, "kind", &blame, &text, NULL) != MSIV2_OK ||
	    !text_equal(text, kind) ||
	    json_need_string(body, "public_key", &blame, &text, NULL) != MSIV2_OK ||
	    !base64url_decode(text, strlen(text), &der))
		return NULL;
	at = der.data;
	return d2i_PUBKEY(NULL, &at, (long)der.len);
}

static void certify(struct desk *desk, EVP_PKEY *key, struct peer_answer *answer)
{
	OWNED(X509_NAME) *subject = X509_NAME_new();
	OWNED(X509) *cert = throwaway_ca_sign(&desk->cloud.ca, key, subject, 0, 4102444800);
	OWNED_STRUCT(bytes) der = {0};

	if (x509_to_der(cert, &der, NULL) != MSIV2_OK)
		return;
	bytes_add_text(&answer->body, "{\"certificate\":\"");
	base64url_encode(der.data, der.len, &answer->body);
	bytes_add_text(&answer->body, "\"}");
}

static bool play(struct fake_cloud *cloud, enum leg leg, int nth,
                 const struct peer_request *request, struct peer_answer *answer)
{
	struct desk *desk = (struct desk *)cloud; /* its first member */
	OWNED(EVP_PKEY) *key = NULL;

	(void)nth;
	if (leg != LEG_RESOURCE || strcmp(request->target, "/attestation/enrol") != 0)
		return fake_cloud_says(answer, 404, "");
	if (desk->bad_status != 0)
		return fake_cloud_says(answer, desk->bad_status, desk->bad_body);
	key = key_of(request, "keyguard");
	if (key == NULL)
		return fake_cloud_says(answer, 400, "{\"error\":{\"code\":\"bad_key\"}}");
	certify(desk, desk->other != NULL ? desk->other : key, answer);
	return true;
}

static void open_client(struct desk *desk, const char *kinds)
{
	struct msiv2_options *options = msiv2_options_new();

	msiv2_client_free(desk->client);
	assert_int_equal(msiv2_options_set_trust_file(options, desk->cloud.ca.pem, NULL), MSIV2_OK);
	assert_int_equal(msiv2_options_set_key_kinds(options, kinds, NULL), MSIV2_OK);
	msiv2_options_set_clock(options, &desk->cloud.clock.clock);
	assert_int_equal(msiv2_client_new(options, &desk->client, NULL), MSIV2_OK);
	msiv2_options_free(options);
}

static int setup(void **state)
{
	struct desk *desk = test_calloc(1, sizeof(*desk));

	fake_cloud_start(&desk->cloud, 0);
	desk->cloud.script = play;
	open_client(desk, "keyguard");
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	msiv2_key_info_free(desk->info);
	msiv2_client_free(desk->client);
	fake_cloud_stop(&desk->cloud);
	paper_provider_reset();
	test_free(desk);
	return 0;
}

static enum msiv2_rc look(struct desk *desk)
{
	msiv2_key_info_free(desk->info);
	desk->info = NULL;
	return msiv2_client_key(desk->client, NULL, &desk->info, &desk->err);
}

/* ---- what is told ---- */

static void a_key_is_described_and_has_signed(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(look(desk), MSIV2_OK);
	assert_string_equal(msiv2_key_info_kind(desk->info), "keyguard");
	assert_int_equal(msiv2_key_info_strength(desk->info), 3);
	assert_int_equal(msiv2_key_info_bits(desk->info), 2048);
	assert_string_equal(msiv2_key_info_location(desk->info), "a drawer");
	assert_string_equal(msiv2_key_info_protection(desk->info), "made of paper");
	assert_false(msiv2_key_info_persistent(desk->info));
	assert_false(msiv2_key_info_attestable(desk->info));
	assert_true(msiv2_key_info_sign_us(desk->info, MSIV2_KEY_PSS) >= 0);
	assert_true(msiv2_key_info_sign_us(desk->info, MSIV2_KEY_PKCS1) >= 0);
	assert_int_equal(msiv2_key_info_sign_us(desk->info, (enum msiv2_key_padding)2), -1);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_METADATA), 0);
}

static void the_public_half_is_the_keys_and_its_digest_is_of_the_der(void **state)
{
	struct desk *desk = *state;
	OWNED(BIO) *bio = NULL;
	OWNED(EVP_PKEY) *read = NULL;
	OWNED_STRUCT(bytes) hex = {0};
	uint8_t digest[X509_SHA256_LEN];
	unsigned char *der = NULL;
	int len;

	assert_int_equal(look(desk), MSIV2_OK);
	bio = BIO_new_mem_buf(msiv2_key_info_pem(desk->info), -1);
	read = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	assert_int_equal(EVP_PKEY_eq(read, key_public(paper_provider()->inner)), 1);
	len = i2d_PUBKEY(read, &der);
	assert_int_equal(EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	hex_encode(digest, sizeof(digest), &hex);
	assert_string_equal(msiv2_key_info_sha256(desk->info), bytes_text(&hex));
}

static void a_memory_key_says_so(void **state)
{
	struct desk *desk = *state;

	open_client(desk, "memory");
	assert_int_equal(look(desk), MSIV2_OK);
	assert_string_equal(msiv2_key_info_kind(desk->info), "memory");
	assert_int_equal(msiv2_key_info_strength(desk->info), 1);
	assert_false(msiv2_key_info_persistent(desk->info));
	assert_false(msiv2_key_info_attestable(desk->info));
}

static void a_key_that_signs_wrongly_is_found_out_and_forgotten(void **state)
{
	struct desk *desk = *state;

	for (int padding = 0; padding < 2; padding++) {
		paper_provider()->script.spoils =
		        padding == 0 ? KEY_PADDING_PSS : KEY_PADDING_PKCS1;
		paper_provider()->script.spoils_one = true;
		assert_int_equal(look(desk), MSIV2_KEY_UNAVAILABLE);
		assert_non_null(strstr(desk->err.message, padding == 0 ? "PSS" : "PKCS1"));
		assert_int_equal(paper_provider()->opened, padding + 1);
	}
	paper_provider()->script.spoils_one = false;
	assert_int_equal(look(desk), MSIV2_OK);
	assert_int_equal(paper_provider()->opened, 3);
}

static void a_host_without_the_kind_has_no_key(void **state)
{
	struct desk *desk = *state;

	paper_provider()->absent = true;
	assert_int_equal(look(desk), MSIV2_KEY_UNAVAILABLE);
	assert_non_null(strstr(desk->err.message, "keyguard absent: the drawer is empty"));
	assert_null(desk->info);
}

/* ---- enrolment ---- */

static enum msiv2_rc enrol(struct desk *desk)
{
	return msiv2_client_enrol_key(desk->client, NULL, "keyguard",
	                              scripted_peer_base(desk->cloud.imds), &desk->err);
}

static void an_enrolled_device_keeps_its_certificate_and_is_attestable(void **state)
{
	struct desk *desk = *state;
	OWNED(X509) *cert = NULL;
	const struct blame blame = {MSIV2_INTERNAL, "test"};

	assert_int_equal(enrol(desk), MSIV2_OK);
	assert_string_equal(desk->cloud.target[LEG_RESOURCE], "POST /attestation/enrol");
	fake_cloud_expect_text(&desk->cloud, LEG_RESOURCE, "Content-Type: application/json\r\n");
	assert_int_equal(x509_from_der(paper_provider()->certificate.data,
	                               paper_provider()->certificate.len, &blame, &cert, NULL),
	                 MSIV2_OK);
	assert_int_equal(
	        EVP_PKEY_eq(X509_get0_pubkey(cert), key_public(paper_provider()->identity)), 1);
	assert_int_equal(look(desk), MSIV2_OK);
	assert_true(msiv2_key_info_attestable(desk->info));
}

static void an_authority_may_be_behind_tls(void **state)
{
	struct desk *desk = *state;
	char authority[128];

	(void)snprintf(authority, sizeof(authority), "%s/any/path?x",
	               scripted_peer_base(desk->cloud.sts));
	assert_int_equal(
	        msiv2_client_enrol_key(desk->client, NULL, "keyguard", authority, &desk->err),
	        MSIV2_OK);
}

static void an_authority_that_refuses_is_quoted(void **state)
{
	struct desk *desk = *state;

	desk->bad_status = 403;
	desk->bad_body = "{\"error\":{\"code\":\"stranger\",\"message\":\"no such device\"}}";
	assert_int_equal(enrol(desk), MSIV2_ATTESTATION_FAILED);
	assert_string_equal(desk->err.where, "enrolment");
	assert_string_equal(desk->err.message, "HTTP 403 stranger: no such device");
	assert_int_equal(desk->err.http_status, 403);
	assert_true(text_is_uuid(desk->err.correlation_id));
	assert_int_equal(paper_provider()->certificate.len, 0);
}

static void what_is_no_certificate_is_not_kept(void **state)
{
	static const char *const bodies[] = {"", "{}", "{\"certificate\":\"\"}",
	                                     "{\"certificate\":\"AAAA\"}",
	                                     "{\"certificate\":\"?\"}"};
	struct desk *desk = *state;

	desk->bad_status = 200;
	for (size_t i = 0; i < TEXT_COUNT(bodies); i++) {
		desk->bad_body = bodies[i];
		assert_int_equal(enrol(desk), MSIV2_ATTESTATION_FAILED);
		assert_int_equal(paper_provider()->certificate.len, 0);
	}
}

static void a_certificate_of_another_key_is_not_kept(void **state)
{
	struct desk *desk = *state;

	desk->other = desk->cloud.ca.server_key;
	assert_int_equal(enrol(desk), MSIV2_ATTESTATION_FAILED);
	assert_non_null(strstr(desk->err.message, "another key"));
	assert_int_equal(paper_provider()->certificate.len, 0);
}

static void a_device_that_does_not_play_along_keeps_its_class(void **state)
{
	struct desk *desk = *state;

	paper_provider()->refuses = MSIV2_KEY_UNAVAILABLE;
	assert_int_equal(enrol(desk), MSIV2_KEY_UNAVAILABLE);
	assert_string_equal(desk->err.message, "the drawer jams");
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_RESOURCE), 0);
}

static void what_cannot_be_enrolled_is_refused_before_anybody_is_asked(void **state)
{
	static const struct {
		const char *kind;
		const char *authority;
		enum msiv2_rc rc;
	} rows[] = {
	        {"memory", "http://127.0.0.1:1", MSIV2_UNSUPPORTED},
	        {"tpm", "http://127.0.0.1:1", MSIV2_CONFIG},
	        {NULL, "http://127.0.0.1:1", MSIV2_CONFIG},
	        {"keyguard", NULL, MSIV2_CONFIG},
	        {"keyguard", "", MSIV2_CONFIG},
	        {"keyguard", "nonsense", MSIV2_CONFIG},
	        {"keyguard", "ftp://127.0.0.1/", MSIV2_CONFIG},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < TEXT_COUNT(rows); i++)
		assert_int_equal(msiv2_client_enrol_key(desk->client, NULL, rows[i].kind,
		                                        rows[i].authority, &desk->err),
		                 rows[i].rc);
	assert_int_equal(fake_cloud_count(&desk->cloud, LEG_RESOURCE), 0);
}

static void nobody_there_is_a_transport_error(void **state)
{
	struct desk *desk = *state;
	char authority[64];

	(void)snprintf(authority, sizeof(authority), "http://127.0.0.1:%d",
	               scripted_peer_free_port());
	assert_int_equal(
	        msiv2_client_enrol_key(desk->client, NULL, "keyguard", authority, &desk->err),
	        MSIV2_TRANSPORT);
}

/* ---- removal ---- */

static void removal_is_the_devices_business(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(msiv2_client_remove_key(desk->client, "keyguard", &desk->err), MSIV2_OK);
	assert_int_equal(paper_provider()->removed, 1);
	assert_int_equal(msiv2_client_remove_key(desk->client, "memory", &desk->err), MSIV2_OK);
	assert_int_equal(msiv2_client_remove_key(desk->client, "paper", &desk->err), MSIV2_CONFIG);
	assert_int_equal(msiv2_client_remove_key(desk->client, NULL, &desk->err), MSIV2_CONFIG);
	paper_provider()->refuses = MSIV2_KEY_UNAVAILABLE;
	assert_int_equal(msiv2_client_remove_key(desk->client, "keyguard", &desk->err),
	                 MSIV2_KEY_UNAVAILABLE);
	assert_int_equal(paper_provider()->removed, 1);
}

#define at_a_desk(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        at_a_desk(a_key_is_described_and_has_signed),
	        at_a_desk(the_public_half_is_the_keys_and_its_digest_is_of_the_der),
	        at_a_desk(a_memory_key_says_so),
	        at_a_desk(a_key_that_signs_wrongly_is_found_out_and_forgotten),
	        at_a_desk(a_host_without_the_kind_has_no_key),
	        at_a_desk(an_enrolled_device_keeps_its_certificate_and_is_attestable),
	        at_a_desk(an_authority_may_be_behind_tls),
	        at_a_desk(an_authority_that_refuses_is_quoted),
	        at_a_desk(what_is_no_certificate_is_not_kept),
	        at_a_desk(a_certificate_of_another_key_is_not_kept),
	        at_a_desk(a_device_that_does_not_play_along_keeps_its_class),
	        at_a_desk(what_cannot_be_enrolled_is_refused_before_anybody_is_asked),
	        at_a_desk(nobody_there_is_a_transport_error),
	        at_a_desk(removal_is_the_devices_business),
	};

	return cmocka_run_group_tests_name("client_keys", tests, NULL, NULL);
}
