/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A tiny HTTP/1.1 server for tests, over TCP or TLS, on a port of the system's choice: a callback
 * decides what each request gets, good manners or not. One thread per connection. */
#ifndef TESTS_REF_SCRIPTED_PEER_H
#define TESTS_REF_SCRIPTED_PEER_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"

struct scripted_peer;

struct peer_request {
	const char *method;
	const char *target; /* path and query */
	const char *head;   /* the header lines, CRLF after each */
	const char *body;
	size_t body_len;
	int connection;    /* 1 = the first one */
	X509 *certificate; /* the client's; NULL = none */
};

enum peer_manners {
	PEER_ANSWERS,  /* sends it all and keeps the connection */
	PEER_DRIPS,    /* sends it byte by byte */
	PEER_CLOSES,   /* closes after sending `after` bytes */
	PEER_RESETS,   /* resets after sending `after` bytes */
	PEER_IS_SILENT /* sends `after` bytes and then nothing, until it is stopped */
};

struct peer_answer {
	int status;          /* 200 unless set */
	const char *headers; /* "Name: value\r\n"...; static text */
	struct bytes body;   /* freed by the peer */
	bool raw;            /* body is everything that is sent */
	bool chunked;
	enum peer_manners manners;
	size_t after;
};

enum peer_greeting {
	PEER_SHAKES,           /* takes any client certificate, or none */
	PEER_REFUSES_CLIENT,   /* refuses the client's certificate by an alert */
	PEER_DEMANDS_CLIENT,   /* refuses a client without a certificate */
	PEER_ASKS_NOBODY,      /* does not ask for a certificate */
	PEER_RESETS_HELLO,     /* resets when the ClientHello has come */
	PEER_RESETS_HANDSHAKE, /* resets when its own side of the handshake is done */
	PEER_SPEAKS_NO_TLS     /* answers the ClientHello with something else */
};

struct peer_options {
	/* Fills in the answer to a request. Called by several threads. */
	void (*answer)(void *ctx, const struct peer_request *request, struct peer_answer *answer);
	/* How connection number n is greeted; NULL = PEER_SHAKES. TLS only. */
	enum peer_greeting (*greet)(void *ctx, int connection);
	void *ctx;
	X509 *certificate; /* of the server; NULL = plain TCP */
	EVP_PKEY *key;
	int tls_max; /* TLS1_2_VERSION, or 0 */
};

/* Starts listening; fails the test when it cannot. */
struct scripted_peer *scripted_peer_start(const struct peer_options *options);
/* Ends every connection and frees the peer. */
void scripted_peer_stop(struct scripted_peer *peer);
/* "http://127.0.0.1:PORT" or "https://localhost:PORT". */
const char *scripted_peer_base(const struct scripted_peer *peer);
/* How many connections were made so far. */
int scripted_peer_connections(struct scripted_peer *peer);

/* The value of a header of a request (case ignored) into out; false when absent. */
bool peer_request_header(const struct peer_request *request, const char *name, char *out,
                         size_t size);

/* A port of 127.0.0.1 that nobody listens on. */
int scripted_peer_free_port(void);

#endif
