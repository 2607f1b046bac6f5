/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Client authentication in TLS with a bridged key, in SSL_CTXs of the default library context as an
 * HTTP library makes them. Client and server talk through memory. */
#include "tests/testing.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "certificate_maker.h"
#include "common/text.h"
#include "common/x509.h"
#include "key_under_test.h"
#include "ref/keys/memory.h"
#include "ref/keys/openssl_bridge.h"

#define YEAR_2100_S INT64_C(4102444800)
#define MAX_ROUNDS  20

DEFINE_OWNED(SSL, SSL_free)
DEFINE_OWNED(SSL_CTX, SSL_CTX_free)

static struct openssl_bridge *bridge;
static struct key *key;
static EVP_PKEY *pkey;
static X509 *client_cert;
static EVP_PKEY *server_key;
static X509 *server_cert;

static X509 *issue(EVP_PKEY *subject_key, const char *cn)
{
	return certificate_make(&(struct certificate_recipe){.subject_key = subject_key,
	                                                     .issuer_key = server_key,
	                                                     .cn = cn,
	                                                     .not_after_s = YEAR_2100_S});
}

static int set_up(void **state)
{
	(void)state;
	key = key_under_test_open();
	if (key == NULL || openssl_bridge_new(&bridge, NULL) != MSIV2_OK ||
	    openssl_bridge_pkey(bridge, key, &pkey, NULL) != MSIV2_OK)
		return -1;
	server_key = certificate_p256_key();
	server_cert = issue(server_key, "server");
	client_cert = issue(pkey, "client");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	X509_free(client_cert);
	X509_free(server_cert);
	EVP_PKEY_free(server_key);
	EVP_PKEY_free(pkey);
	key_free(key);
	openssl_bridge_free(bridge);
	key_under_test_close();
	return 0;
}

/* Chains are not the subject here. The signature in CertificateVerify is checked all the same. */
static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static SSL_CTX *server_context(int version, const char *client_sigalgs)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	assert_int_equal(SSL_CTX_use_certificate(ctx, server_cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, server_key), 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
	assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
	assert_int_equal(SSL_CTX_set1_client_sigalgs_list(ctx, client_sigalgs), 1);
	return ctx;
}

static SSL_CTX *client_context(EVP_PKEY *with)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	assert_int_equal(SSL_CTX_use_certificate(ctx, client_cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, with), 1);
	assert_int_equal(SSL_CTX_check_private_key(ctx), 1);
	return ctx;
}

static void connect_in_memory(SSL *client, SSL *server)
{
	BIO *client_end = NULL;
	BIO *server_end = NULL;

	assert_int_equal(BIO_new_bio_pair(&client_end, 0, &server_end, 0), 1);
	SSL_set_bio(client, client_end, client_end);
	SSL_set_bio(server, server_end, server_end);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
}

static bool shake_hands(SSL *client, SSL *server)
{
	int client_rc = 0;
	int server_rc = 0;

	for (int i = 0; i < MAX_ROUNDS && (client_rc != 1 || server_rc != 1); i++) {
		if (client_rc != 1)
			client_rc = SSL_do_handshake(client);
		if (server_rc != 1)
			server_rc = SSL_do_handshake(server);
	}
	return client_rc == 1 && server_rc == 1;
}

struct tls_case {
	int version;
	const char *sigalgs; /* what the server takes from clients */
	int signature_type;  /* as OpenSSL's server saw it */
	int digest;
};

static const struct tls_case cases[] = {
        {TLS1_3_VERSION, "rsa_pss_rsae_sha256", EVP_PKEY_RSA_PSS, NID_sha256},
        {TLS1_3_VERSION, "rsa_pss_rsae_sha384", EVP_PKEY_RSA_PSS, NID_sha384},
        {TLS1_3_VERSION, "rsa_pss_rsae_sha512", EVP_PKEY_RSA_PSS, NID_sha512},
        {TLS1_2_VERSION, "rsa_pss_rsae_sha256", EVP_PKEY_RSA_PSS, NID_sha256},
        {TLS1_2_VERSION, "rsa_pss_rsae_sha384", EVP_PKEY_RSA_PSS, NID_sha384},
        {TLS1_2_VERSION, "rsa_pss_rsae_sha512", EVP_PKEY_RSA_PSS, NID_sha512},
        {TLS1_2_VERSION, "RSA+SHA256", EVP_PKEY_RSA, NID_sha256},
        {TLS1_2_VERSION, "RSA+SHA384", EVP_PKEY_RSA, NID_sha384},
        {TLS1_2_VERSION, "RSA+SHA512", EVP_PKEY_RSA, NID_sha512},
};

static void check_case(const struct tls_case *row)
{
	OWNED(SSL_CTX) *server_ctx = server_context(row->version, row->sigalgs);
	OWNED(SSL_CTX) *client_ctx = client_context(pkey);
	OWNED(SSL) *server = SSL_new(server_ctx);
	OWNED(SSL) *client = SSL_new(client_ctx);
	OWNED(X509) *seen = NULL;
	int nid = NID_undef;

	connect_in_memory(client, server);
	if (!shake_hands(client, server)) {
		ERR_print_errors_fp(stderr);
		fail_msg("no handshake with %s", row->sigalgs);
	}
	assert_int_equal(SSL_version(client), row->version);
	seen = SSL_get1_peer_certificate(server);
	assert_int_equal(X509_cmp(seen, client_cert), 0);
	assert_int_equal(SSL_get_peer_signature_type_nid(server, &nid), 1);
	assert_int_equal(nid, row->signature_type);
	assert_int_equal(SSL_get_peer_signature_nid(server, &nid), 1);
	assert_int_equal(nid, row->digest);
}

static void tls_1_2_and_1_3_take_the_key_with_every_algorithm(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT(cases); i++)
		check_case(&cases[i]);
}

static void data_flows_after_the_handshake(void **state)
{
	OWNED(SSL_CTX) *server_ctx = server_context(TLS1_3_VERSION, "rsa_pss_rsae_sha256");
	OWNED(SSL_CTX) *client_ctx = client_context(pkey);
	OWNED(SSL) *server = SSL_new(server_ctx);
	OWNED(SSL) *client = SSL_new(client_ctx);
	char read[16] = "";

	(void)state;
	connect_in_memory(client, server);
	assert_true(shake_hands(client, server));
	assert_int_equal(SSL_write(client, "hello", 5), 5);
	assert_int_equal(SSL_read(server, read, sizeof(read)), 5);
	assert_string_equal(read, "hello");
}

static void another_key_does_not_fit_the_certificate(void **state)
{
	OWNED_STRUCT(key) *other = NULL;
	OWNED(EVP_PKEY) *other_pkey = NULL;
	OWNED(SSL_CTX) *ctx = SSL_CTX_new(TLS_client_method());

	(void)state;
	assert_int_equal(memory_key_create(&other, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(bridge, other, &other_pkey, NULL), MSIV2_OK);
	assert_int_equal(SSL_CTX_use_certificate(ctx, client_cert), 1);
	assert_true(SSL_CTX_use_PrivateKey(ctx, other_pkey) != 1 ||
	            SSL_CTX_check_private_key(ctx) != 1);
	ERR_clear_error();
}

static enum msiv2_rc refusing_sign(void *state, enum key_padding padding, const EVP_MD *md,
                                   const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                   size_t *sig_len, struct msiv2_error *err)
{
	(void)padding;
	(void)md;
	(void)digest;
	(void)digest_len;
	(void)sig;
	(void)sig_len;
	++*(unsigned *)state;
	return err_set(err, MSIV2_KEY_UNAVAILABLE, "key.refusing", "the device is on fire");
}

static enum msiv2_rc refusing_public(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	(void)state;
	(void)err;
	*out = key_public(key);
	return EVP_PKEY_up_ref(*out) == 1 ? MSIV2_OK : MSIV2_INTERNAL;
}

static void refusing_free(void *state)
{
	(void)state;
}

static void a_key_that_refuses_fails_the_handshake_and_was_asked_once(void **state)
{
	static const struct key_ops ops = {.kind = "refusing",
	                                   .sign = refusing_sign,
	                                   .public_key = refusing_public,
	                                   .free = refusing_free};
	OWNED(SSL_CTX) *server_ctx = server_context(TLS1_3_VERSION, "rsa_pss_rsae_sha256");
	OWNED(SSL_CTX) *client_ctx = NULL;
	OWNED(SSL) *server = SSL_new(server_ctx);
	OWNED(SSL) *client = NULL;
	OWNED_STRUCT(key) *refusing = NULL;
	OWNED(EVP_PKEY) *refusing_pkey = NULL;
	unsigned asked = 0;

	(void)state;
	assert_int_equal(key_new(&ops, &asked, &refusing, NULL), MSIV2_OK);
	assert_int_equal(openssl_bridge_pkey(bridge, refusing, &refusing_pkey, NULL), MSIV2_OK);
	client_ctx = client_context(refusing_pkey);
	client = SSL_new(client_ctx);
	connect_in_memory(client, server);
	assert_false(shake_hands(client, server));
	assert_int_equal(asked, 1);
	ERR_clear_error();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tls_1_2_and_1_3_take_the_key_with_every_algorithm),
	        cmocka_unit_test(data_flows_after_the_handshake),
	        cmocka_unit_test(another_key_does_not_fit_the_certificate),
	        cmocka_unit_test(a_key_that_refuses_fails_the_handshake_and_was_asked_once),
	};

	return cmocka_run_group_tests_name("bridge_tls", tests, set_up, tear_down);
}
