/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What a TLS handshake told us about our own certificate (STS-05).
 *
 * A library's error code cannot tell "the server refuses this certificate" from "the line broke":
 * under TLS 1.3 the refusal comes after our side has finished, and a server that closes with our
 * request unread turns its alert into a reset. So the messages themselves are watched. */
#ifndef REF_NET_HANDSHAKE_H
#define REF_NET_HANDSHAKE_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct handshake {
	bool started;      /* our ClientHello went out on this connection */
	bool asked;        /* the server asked for a client certificate */
	bool accepted;     /* the server spoke after it had judged the certificate */
	bool refused;      /* it sent an alert that blames the certificate */
	int alert;         /* the alert with which it ended the connection, 0 = none */
	int reason;        /* OpenSSL's reason why our side gave up, 0 = the connection ended */
	bool no_signature; /* and that reason lies in our own cryptography: the key did not sign */
	long verify;       /* what OpenSSL found of the server's chain: X509_V_OK or why not */
};

/* Watches every connection made from this context; `watched` must outlive them. It is reset by each
 * new connection. */
void handshake_watch(SSL_CTX *ctx, struct handshake *watched);

/* Why our side does not trust the server (STS-06), or NULL when it does. Static text. */
const char *handshake_distrust(const struct handshake *watched);

/* The alert with which the server ended the connection, as OpenSSL names it ("unknown CA"), or
 * NULL. What a library says instead may be that the peer is gone. Static text. */
const char *handshake_alert(const struct handshake *watched);

/* Our own key did not sign when the server asked for it. */
bool handshake_key_failed(const struct handshake *watched);

/* A certificate was refused: by an alert, or (`line_ended`: the peer closed or reset the
 * connection) by ending the connection before it had accepted the certificate. */
bool handshake_refused_certificate(const struct handshake *watched, bool line_ended);

#endif
