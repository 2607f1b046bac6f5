/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client that speaks HTTP by hand over a socket, plain or TLS, so that a test can send anything.
 */
#ifndef TESTS_EMULATOR_WIRE_H
#define TESTS_EMULATOR_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"

struct wire {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl; /* NULL = plain */
};

/* How TLS is asked for. */
struct wire_tls {
	int version;          /* TLS1_2_VERSION, ...; 0 = any */
	X509 *certificate;    /* NULL = none */
	EVP_PKEY *key;        /* of the certificate */
	SSL_SESSION *session; /* to resume; NULL = none */
};

/* The port of a base address such as "http://127.0.0.1:1234". */
uint16_t wire_port(const char *base);
/* Connects to 127.0.0.1; fails the test when it cannot. Reads give up after five seconds. */
void wire_open(struct wire *wire, uint16_t port);
/* Does a TLS handshake on an open connection; false when it fails. The server's chain is not
 * checked. */
bool wire_start_tls(struct wire *wire, const struct wire_tls *tls);
/* Ends the connection. */
void wire_close(struct wire *wire);

/* Sends text. */
void wire_send(struct wire *wire, const char *text);
/* Sends bytes; what the other side no longer takes is lost. */
void wire_send_bytes(struct wire *wire, const void *data, size_t len);
/* Tells the other side that nothing more will come. */
void wire_send_end(struct wire *wire);

/* Reads one answer: its status, or 0 when the connection ended before one was complete. Head and
 * body are appended to out (NULL = not wanted). `head_only` for answers to HEAD. */
int wire_read(struct wire *wire, bool head_only, struct bytes *out);
/* The connection is closed by the other side, with nothing before that. */
bool wire_ended(struct wire *wire);

#endif
