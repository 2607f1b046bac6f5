/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The TLS side of the HTTPS listener, as an OpenSSL context: TLS 1.2 and 1.3, a client certificate
 * asked for but not required, and every certificate let in. Possession of its key is proven by the
 * handshake itself; whether it is acceptable is the role's business, which answers with an HTTP
 * error.
 *
 * Sessions are never resumed: no tickets, no cache. A resumed session would carry the old client's
 * identity without its certificate being presented again. */
#ifndef EMULATOR_HTTP_TLS_SERVER_H
#define EMULATOR_HTTP_TLS_SERVER_H

#include <openssl/ssl.h>

#include "common/err.h"
#include "common/own.h"
#include "emulator/http/exchange.h"

DEFINE_OWNED(SSL_CTX, SSL_CTX_free)

/* Makes the context; certificate and key are referenced, not copied. Handshakes tell
 * tls_server_current() of their connection. */
MSIV2_MUST_USE enum msiv2_rc tls_server_new(X509 *certificate, EVP_PKEY *key, SSL_CTX **out,
                                            struct msiv2_error *err);

/* How a handshake is spoilt on purpose; `{0}` = not at all. */
struct tls_plan {
	int64_t wait_ms;                                         /* before anything is answered */
	enum { TLS_GO_ON, TLS_CLOSE, TLS_RESET, TLS_ALERT } end; /* instead of an answer */
	int alert;                                               /* TLS_ALERT: its number */
	X509 *certificate;          /* shown instead of the server's, for its key; owned */
	bool no_certificate_wanted; /* the client is not asked for one */
	int verdict;                /* on the client's certificate: X509_V_OK lets it in */
};

/* Is told (on many threads at once) about handshakes, and may spoil them. It lives as long as tls.
 */
struct tls_watcher {
	/* A client said hello; server_name is its SNI or NULL. NULL = nobody spoils anything. */
	void (*hello)(void *ctx, const char *server_name, struct tls_plan *plan);
	/* A client showed a certificate: sets plan->verdict. NULL likewise. */
	void (*peer)(void *ctx, const char *server_name, X509 *certificate, struct tls_plan *plan);
	/* A fatal alert, tls->alert, was sent or received before a handshake was complete; of the
	 * rest tls has what was known by then. */
	void (*failed)(void *ctx, const struct tls_facts *tls);
	void *ctx;
};
/* Sets the watcher. */
void tls_server_watch(SSL_CTX *tls, struct tls_watcher *watcher);

/* The connection whose handshake this thread did last, or NULL. */
SSL *tls_server_current(void);
/* What TLS knows about a connection; the texts live as long as it does. The peer's certificate is
 * borrowed from it. A cipher that is not agreed upon yet is NULL. */
void tls_server_facts(const SSL *ssl, struct tls_facts *out);

#endif
