/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tls_server.h"

#include <stdio.h>
#include <string.h>

#include "door.h"
#include "linger.h"
#include "spoil.h"

#define WHERE         "sts.tls"
#define TLS_NAME_SIZE 256

/* The web server does the handshake and all requests of a connection on one thread and hides the
 * connection's SSL from its handlers; this is the only way to it. */
static _Thread_local SSL *current;

static struct tls_watcher *watcher_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* RFC 6066 section 3: a list of one host name. SSL_get_servername() does not know it yet. */
static void read_server_name(SSL *ssl, char out[TLS_NAME_SIZE])
{
	const unsigned char *data = NULL;
	size_t size = 0, len;

	out[0] = '\0';
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1 ||
	    size < 5 || data[2] != TLSEXT_NAMETYPE_host_name)
		return;
	len = (size_t)data[3] << 8 | data[4];
	if (len != size - 5 || len >= TLS_NAME_SIZE || memchr(data + 5, '\0', len))
		return;
	memcpy(out, data + 5, len);
	out[len] = '\0';
}

/* Does what has to be done before the server's hello. */
static int begin_spoilt(SSL *ssl, const struct tls_plan *plan, int *alert)
{
	int fd = SSL_get_fd(ssl);

	if (plan->wait_ms > 0 && !linger(fd, plan->wait_ms))
		return SSL_CLIENT_HELLO_ERROR;
	if (plan->certificate && SSL_use_certificate(ssl, plan->certificate) != 1)
		return SSL_CLIENT_HELLO_ERROR;
	if (plan->no_certificate_wanted)
		SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (plan->end == TLS_GO_ON)
		return SSL_CLIENT_HELLO_SUCCESS;
	/* Whatever OpenSSL then says is not heard any more. */
	if (plan->end == TLS_CLOSE)
		spoil_cut(fd);
	if (plan->end == TLS_RESET)
		spoil_reset(fd);
	*alert = plan->end == TLS_ALERT ? plan->alert : SSL_AD_INTERNAL_ERROR;
	return SSL_CLIENT_HELLO_ERROR;
}

static int on_client_hello(SSL *ssl, int *alert, void *ctx)
{
	const struct tls_watcher *watcher = watcher_of(ssl);
	struct tls_plan plan = {0};
	char name[TLS_NAME_SIZE];
	int result;

	(void)ctx;
	current = ssl;
	if (!watcher || !watcher->hello)
		return SSL_CLIENT_HELLO_SUCCESS;
	read_server_name(ssl, name);
	watcher->hello(watcher->ctx, name[0] != '\0' ? name : NULL, &plan);
	result = begin_spoilt(ssl, &plan, alert);
	X509_free(plan.certificate);
	return result;
}

/* Any certificate may enter; the role judges it (STS-08, RES-01). */
static int accept_any(X509_STORE_CTX *store, void *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_watcher *watcher = watcher_of(ssl);
	struct tls_plan plan = {.verdict = X509_V_OK};

	(void)ctx;
	if (!watcher || !watcher->peer)
		return 1;
	watcher->peer(watcher->ctx, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
	              X509_STORE_CTX_get0_cert(store), &plan);
	X509_STORE_CTX_set_error(store, plan.verdict);
	return plan.verdict == X509_V_OK;
}

static void on_info(const SSL *ssl, int where, int value)
{
	const struct tls_watcher *watcher = watcher_of(ssl);
	bool fatal = value >> 8 == SSL3_AL_FATAL;
	struct tls_facts tls;
	char alert[80];

	/* A handshake takes up its thread before there is a request. */
	if (where & SSL_CB_HANDSHAKE_START)
		door_arrived();
	if (!(where & SSL_CB_ALERT) || !fatal || SSL_is_init_finished(ssl))
		return;
	(void)snprintf(alert, sizeof(alert), "%s %s", where & SSL_CB_READ ? "received" : "sent",
	               SSL_alert_desc_string_long(value));
	tls_server_facts(ssl, &tls);
	tls.alert = alert;
	watcher->failed(watcher->ctx, &tls);
}

void tls_server_watch(SSL_CTX *tls, struct tls_watcher *watcher)
{
	SSL_CTX_set_app_data(tls, watcher);
	SSL_CTX_set_info_callback(tls, on_info);
}

SSL *tls_server_current(void)
{
	return current;
}

static bool configure(SSL_CTX *ctx, X509 *certificate, EVP_PKEY *key)
{
	static const unsigned char session_context[] = "msiv2";

	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
	SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
	return SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	       SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1) ==
	               1 &&
	       SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_use_certificate(ctx, certificate) == 1 &&
	       SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
}

enum msiv2_rc tls_server_new(X509 *certificate, EVP_PKEY *key, SSL_CTX **out,
                             struct msiv2_error *err)
{
	OWNED(SSL_CTX) *ctx = SSL_CTX_new(TLS_server_method());

	*out = NULL;
	if (!ctx || !configure(ctx, certificate, key))
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "the TLS context");
	*out = steal(&ctx);
	return MSIV2_OK;
}

void tls_server_facts(const SSL *ssl, struct tls_facts *out)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);

	*out = (struct tls_facts){
	        .version = SSL_get_version(ssl),
	        .cipher = cipher ? SSL_CIPHER_get_name(cipher) : NULL,
	        .server_name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
	        .resumed = SSL_session_reused(ssl) == 1,
	        .peer = SSL_get0_peer_certificate(ssl),
	};
}
