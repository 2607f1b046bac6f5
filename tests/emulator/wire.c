/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/text.h"
#include "tests/testing.h"

#define PATIENCE_S 5

uint16_t wire_port(const char *base)
{
	const char *colon = strrchr(base, ':');
	int64_t port = 0;

	assert_non_null(colon);
	assert_true(text_to_int(colon + 1, 1, 65535, &port));
	return (uint16_t)port;
}

void wire_open(struct wire *wire, uint16_t port)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	(void)signal(SIGPIPE, SIG_IGN);
	*wire = (struct wire){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_true(wire->fd >= 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
	                 0);
	/* TLS 1.3 without tickets: nothing acknowledges the end of the handshake, and a request
	 * that waits for that takes 40 ms. */
	assert_int_equal(setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), 0);
	assert_int_equal(connect(wire->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

bool wire_start_tls(struct wire *wire, const struct wire_tls *tls)
{
	wire->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(wire->ctx);
	SSL_CTX_set_security_level(wire->ctx, 0); /* old versions are the server's to refuse */
	if (tls->version) {
		SSL_CTX_set_min_proto_version(wire->ctx, tls->version);
		SSL_CTX_set_max_proto_version(wire->ctx, tls->version);
	}
	if (tls->certificate) {
		assert_int_equal(SSL_CTX_use_certificate(wire->ctx, tls->certificate), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(wire->ctx, tls->key), 1);
	}
	wire->ssl = SSL_new(wire->ctx);
	assert_non_null(wire->ssl);
	if (tls->session)
		assert_int_equal(SSL_set_session(wire->ssl, tls->session), 1);
	SSL_set_tlsext_host_name(wire->ssl, "localhost");
	SSL_set_fd(wire->ssl, wire->fd);
	return SSL_connect(wire->ssl) == 1;
}

void wire_close(struct wire *wire)
{
	/* Without a proper end OpenSSL marks the session as not to be resumed. */
	if (wire->ssl)
		(void)SSL_shutdown(wire->ssl);
	SSL_free(wire->ssl);
	SSL_CTX_free(wire->ctx);
	close(wire->fd);
	*wire = (struct wire){.fd = -1};
}

void wire_send_bytes(struct wire *wire, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = wire->ssl ? SSL_write(wire->ssl, at, (int)len)
		                      : send(wire->fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

void wire_send(struct wire *wire, const char *text)
{
	wire_send_bytes(wire, text, strlen(text));
}

void wire_send_end(struct wire *wire)
{
	/* ENOTCONN when the other side has already reset the connection. */
	(void)shutdown(wire->fd, SHUT_WR);
}

static ssize_t read_some(struct wire *wire, void *out, size_t size)
{
	if (wire->ssl)
		return SSL_read(wire->ssl, out, (int)size);
	return recv(wire->fd, out, size, 0);
}

/* Reads byte by byte until the head is complete. */
static bool read_head(struct wire *wire, struct bytes *head)
{
	char c;

	while (!strstr(bytes_text(head), "\r\n\r\n")) {
		if (read_some(wire, &c, 1) != 1)
			return false;
		bytes_add(head, &c, 1);
	}
	return true;
}

static size_t content_length(const struct bytes *head)
{
	const char *line = strcasestr(bytes_text(head), "\r\nContent-Length:");

	return line ? strtoul(line + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

int wire_read(struct wire *wire, bool head_only, struct bytes *out)
{
	OWNED_STRUCT(bytes) head = {0};
	size_t left;
	int status;

	if (!read_head(wire, &head))
		return 0;
	assert_true(text_starts(bytes_text(&head), "HTTP/1.1 "));
	status = (int)strtol(bytes_text(&head) + strlen("HTTP/1.1 "), NULL, 10);
	if (out)
		bytes_add(out, head.data, head.len);
	left = head_only ? 0 : content_length(&head);
	while (left > 0) {
		char piece[1024];
		ssize_t n = read_some(wire, piece, left < sizeof(piece) ? left : sizeof(piece));

		if (n <= 0)
			return 0;
		if (out)
			bytes_add(out, piece, (size_t)n);
		left -= (size_t)n;
	}
	return status;
}

bool wire_ended(struct wire *wire)
{
	char c;

	return read_some(wire, &c, 1) <= 0;
}
