/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The bare web server: civetweb as the emulator sets it up, with a handler that answers a constant.
 * Prints its ports (plain, then TLS with a self-signed P-256 certificate, or 0 where the library
 * has none) and serves until stdin ends. The ceiling that bench_load shows next to the emulator. */
#include <civetweb.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef MSIV2_TLS_SHIM
#include "emulator/http/tls_shim/tls_shim.h"
#endif

static int on_request(struct mg_connection *conn)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	                             "Content-Length: 6\r\nConnection: keep-alive\r\n\r\nhello\n";

	(void)mg_write(conn, answer, sizeof(answer) - 1);
	return 200;
}

static int on_tls_context(void **ctx, void *user_data)
{
	*ctx = user_data;
	return 1;
}

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *cert = X509_new();

	if (cert == NULL || X509_set_version(cert, 2) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(cert), -3600) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(cert), 86400) == NULL ||
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
	                               (const unsigned char *)"localhost", -1, -1, 0) != 1 ||
	    X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1 ||
	    X509_set_pubkey(cert, key) != 1 || X509_sign(cert, key, EVP_sha256()) <= 0) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static SSL_CTX *make_tls(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key != NULL ? self_signed(key) : NULL;
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	int whole = cert != NULL && tls != NULL && SSL_CTX_use_certificate(tls, cert) == 1 &&
	            SSL_CTX_use_PrivateKey(tls, key) == 1 && SSL_CTX_set_num_tickets(tls, 0) == 1;

	X509_free(cert);
	EVP_PKEY_free(key);
	if (whole)
		return tls;
	SSL_CTX_free(tls);
	return NULL;
}

static bool library_has_tls(void)
{
#ifdef MSIV2_TLS_SHIM
	if (!tls_shim_ssl() || !tls_shim_crypto())
		return false;
#endif
	return (mg_init_library(MG_FEATURES_TLS) & MG_FEATURES_TLS) != 0;
}

static struct mg_context *serve(SSL_CTX *tls, int *port)
{
	const char *settings[] = {"listening_ports",
	                          tls != NULL ? "127.0.0.1:0s" : "127.0.0.1:0",
	                          "num_threads",
	                          "72",
	                          "enable_keep_alive",
	                          "yes",
	                          "keep_alive_timeout_ms",
	                          "10000",
	                          "tcp_nodelay",
	                          "1",
	                          "connection_queue",
	                          "128",
	                          "listen_backlog",
	                          "256",
	                          NULL};
	const struct mg_callbacks callbacks = {
	        .begin_request = on_request,
	        .external_ssl_ctx = tls != NULL ? on_tls_context : NULL,
	};
	struct mg_init_data init = {&callbacks, tls, settings};
	struct mg_context *web = mg_start2(&init, NULL);
	struct mg_server_port bound = {0};

	*port = web != NULL && mg_get_server_ports(web, 1, &bound) == 1 ? bound.port : 0;
	return web;
}

int main(void)
{
	SSL_CTX *tls = library_has_tls() ? make_tls() : NULL;
	int plain_port = 0, tls_port = 0;
	struct mg_context *plain = serve(NULL, &plain_port);
	struct mg_context *secure = tls != NULL ? serve(tls, &tls_port) : NULL;
	char end;

	if (plain == NULL)
		return 1;
	printf("%d %d\n", plain_port, tls_port);
	(void)fflush(stdout);
	(void)!read(STDIN_FILENO, &end, 1);
	mg_stop(plain);
	if (secure != NULL)
		mg_stop(secure);
	SSL_CTX_free(tls);
	return 0;
}
