/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "scripted_peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX ((size_t)2 * 1024 * 1024)

struct connection {
	struct connection *next;
	struct scripted_peer *peer;
	pthread_t thread;
	int number;
	int fd;
	SSL *ssl; /* NULL = plain */
	bool reset;
	bool over;
};

struct scripted_peer {
	struct peer_options options;
	SSL_CTX *tls;
	int listener;
	char base[64];
	pthread_t acceptor;
	pthread_mutex_t lock;
	struct connection *first;
	int count;
	bool stopping;
};

/* ---- bytes in and out ---- */

static ssize_t receive(struct connection *c, void *out, size_t n)
{
	return c->ssl != NULL ? SSL_read(c->ssl, out, (int)n) : recv(c->fd, out, n, 0);
}

static bool send_all(struct connection *c, const uint8_t *data, size_t n)
{
	while (n > 0) {
		ssize_t sent = c->ssl != NULL ? SSL_write(c->ssl, data, (int)n)
		                              : send(c->fd, data, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool send_bytewise(struct connection *c, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!send_all(c, data + i, 1))
			return false;
	}
	return true;
}

/* Until the peer is stopped, which shuts the socket down, or the client goes away. */
static void wait_for_the_end(struct connection *c)
{
	char sink[256];

	while (recv(c->fd, sink, sizeof(sink), 0) > 0)
		;
}

static void reset(struct connection *c)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	c->reset = true;
}

/* ---- requests ---- */

static size_t content_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line != NULL ? (size_t)strtoul(line + 17, NULL, 10) : 0;
}

/* Splits "METHOD target HTTP/1.1\r\nheaders\r\n\r\nbody" in place. */
static void split_request(char *text, size_t head_len, struct peer_request *out)
{
	char *target = strchr(text, ' ');
	char *end;

	text[head_len - 2] = '\0'; /* keeps the CRLF of the last header */
	*target++ = '\0';
	end = strchr(target, ' ');
	*end++ = '\0';
	out->method = text;
	out->target = target;
	out->head = strstr(end, "\r\n") + 2;
	out->body = text + head_len;
}

/* Reads one request into text (NUL-terminated); false when the connection is over. */
static bool read_request(struct connection *c, char *text, struct peer_request *out)
{
	size_t len = 0;
	size_t need = SIZE_MAX;
	size_t head_len = 0;

	while (len < need) {
		ssize_t n = receive(c, text + len, REQUEST_MAX - len);
		const char *blank;

		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		blank = strstr(text, "\r\n\r\n");
		if (blank != NULL && need == SIZE_MAX) {
			head_len = (size_t)(blank - text) + 4;
			out->body_len = content_length(text);
			need = head_len + out->body_len;
		}
	}
	split_request(text, head_len, out);
	return true;
}

bool peer_request_header(const struct peer_request *request, const char *name, char *out,
                         size_t size)
{
	size_t name_len = strlen(name);

	for (const char *line = request->head; *line != '\0'; line = strstr(line, "\r\n") + 2) {
		if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
			continue;
		line += name_len + 1;
		line += strspn(line, " ");
		(void)snprintf(out, size, "%.*s", (int)strcspn(line, "\r"), line);
		return true;
	}
	return false;
}

/* ---- answers ---- */

static void build_answer(const struct peer_answer *answer, struct bytes *out)
{
	if (answer->raw) {
		bytes_add(out, answer->body.data, answer->body.len);
		return;
	}
	bytes_addf(out, "HTTP/1.1 %d Scripted\r\n%s", answer->status != 0 ? answer->status : 200,
	           answer->headers != NULL ? answer->headers : "");
	if (answer->chunked) {
		bytes_addf(out, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", answer->body.len);
		bytes_add(out, answer->body.data, answer->body.len);
		bytes_add_text(out, "\r\n0\r\n\r\n");
		return;
	}
	bytes_addf(out, "Content-Length: %zu\r\n\r\n", answer->body.len);
	bytes_add(out, answer->body.data, answer->body.len);
}

/* False when the connection is over. */
static bool send_answer(struct connection *c, const struct peer_answer *answer)
{
	OWNED_STRUCT(bytes) wire = {0};
	size_t n;

	build_answer(answer, &wire);
	if (answer->manners == PEER_ANSWERS)
		return send_all(c, wire.data, wire.len) && !answer->raw;
	if (answer->manners == PEER_DRIPS)
		return send_bytewise(c, wire.data, wire.len);
	n = answer->after < wire.len ? answer->after : wire.len;
	if (n > 0)
		(void)send_all(c, wire.data, n);
	if (answer->manners == PEER_RESETS)
		reset(c);
	if (answer->manners == PEER_IS_SILENT)
		wait_for_the_end(c);
	return false;
}

static void serve(struct connection *c)
{
	const struct peer_options *options = &c->peer->options;
	char *text = malloc(REQUEST_MAX + 1);
	bool goes_on = true;

	while (goes_on) {
		struct peer_request request = {.connection = c->number};
		struct peer_answer answer = {0};

		if (!read_request(c, text, &request))
			break;
		request.certificate = c->ssl != NULL ? SSL_get1_peer_certificate(c->ssl) : NULL;
		options->answer(options->ctx, &request, &answer);
		X509_free(request.certificate);
		goes_on = send_answer(c, &answer);
		bytes_free(&answer.body);
	}
	free(text);
}

/* ---- connections ---- */

static int accept_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static int accept_none(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
	return 0;
}

static void set_greeting(struct connection *c, enum peer_greeting greeting)
{
	if (greeting == PEER_ASKS_NOBODY)
		SSL_set_verify(c->ssl, SSL_VERIFY_NONE, NULL);
	else if (greeting == PEER_REFUSES_CLIENT)
		SSL_set_verify(c->ssl, SSL_VERIFY_PEER, accept_none);
	else if (greeting == PEER_DEMANDS_CLIENT)
		SSL_set_verify(c->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		               accept_any);
	else
		SSL_set_verify(c->ssl, SSL_VERIFY_PEER, accept_any);
}

/* False when there is nothing to serve. */
static bool shake_hands(struct connection *c)
{
	const struct peer_options *options = &c->peer->options;
	enum peer_greeting greeting =
	        options->greet != NULL ? options->greet(options->ctx, c->number) : PEER_SHAKES;
	char hello[4096];

	if (greeting == PEER_RESETS_HELLO || greeting == PEER_SPEAKS_NO_TLS) {
		(void)recv(c->fd, hello, sizeof(hello), 0);
		if (greeting == PEER_RESETS_HELLO)
			reset(c);
		else
			(void)send(c->fd, "220 no TLS here\r\n", 17, MSG_NOSIGNAL);
		return false;
	}
	c->ssl = SSL_new(c->peer->tls);
	(void)SSL_set_fd(c->ssl, c->fd);
	set_greeting(c, greeting);
	if (SSL_accept(c->ssl) != 1)
		return false;
	if (greeting != PEER_RESETS_HANDSHAKE)
		return true;
	reset(c);
	return false;
}

static void *run_connection(void *arg)
{
	struct connection *c = arg;
	sigset_t sigpipe;

	/* SSL_write() to a client that has gone; the program's own handling stays as it is. */
	(void)sigemptyset(&sigpipe);
	(void)sigaddset(&sigpipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &sigpipe, NULL);
	if (c->peer->tls == NULL || shake_hands(c))
		serve(c);
	if (c->ssl != NULL && !c->reset)
		(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	(void)pthread_mutex_lock(&c->peer->lock);
	c->over = true;
	(void)close(c->fd);
	(void)pthread_mutex_unlock(&c->peer->lock);
	return NULL;
}

static void take_connection(struct scripted_peer *peer, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->peer = peer;
	c->fd = fd;
	(void)pthread_mutex_lock(&peer->lock);
	c->number = ++peer->count;
	c->next = peer->first;
	peer->first = c;
	(void)pthread_create(&c->thread, NULL, run_connection, c);
	(void)pthread_mutex_unlock(&peer->lock);
}

static void *run_acceptor(void *arg)
{
	struct scripted_peer *peer = arg;

	for (;;) {
		int fd = accept(peer->listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		take_connection(peer, fd);
	}
}

/* ---- the peer ---- */

static int listen_on_any_port(int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

int scripted_peer_free_port(void)
{
	int port;

	(void)close(listen_on_any_port(&port));
	return port;
}

static SSL_CTX *make_tls(const struct peer_options *options)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	assert_non_null(tls);
	assert_int_equal(SSL_CTX_use_certificate(tls, options->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(tls, options->key), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(tls, options->tls_max), 1);
	(void)SSL_CTX_set_num_tickets(tls, 0);
	(void)SSL_CTX_set_options(tls, SSL_OP_NO_TICKET);
	(void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	return tls;
}

struct scripted_peer *scripted_peer_start(const struct peer_options *options)
{
	struct scripted_peer *peer = calloc(1, sizeof(*peer));
	int port;

	assert_non_null(peer);
	peer->options = *options;
	(void)pthread_mutex_init(&peer->lock, NULL);
	if (options->certificate != NULL)
		peer->tls = make_tls(options);
	peer->listener = listen_on_any_port(&port);
	assert_int_equal(listen(peer->listener, 128), 0);
	(void)snprintf(peer->base, sizeof(peer->base), "%s:%d",
	               peer->tls != NULL ? "https://localhost" : "http://127.0.0.1", port);
	assert_int_equal(pthread_create(&peer->acceptor, NULL, run_acceptor, peer), 0);
	return peer;
}

void scripted_peer_stop(struct scripted_peer *peer)
{
	(void)shutdown(peer->listener, SHUT_RDWR);
	(void)pthread_join(peer->acceptor, NULL);
	(void)close(peer->listener);
	(void)pthread_mutex_lock(&peer->lock);
	for (struct connection *c = peer->first; c != NULL; c = c->next) {
		if (!c->over)
			(void)shutdown(c->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&peer->lock);
	while (peer->first != NULL) {
		struct connection *c = peer->first;

		peer->first = c->next;
		(void)pthread_join(c->thread, NULL);
		free(c);
	}
	SSL_CTX_free(peer->tls);
	(void)pthread_mutex_destroy(&peer->lock);
	free(peer);
}

const char *scripted_peer_base(const struct scripted_peer *peer)
{
	return peer->base;
}

int scripted_peer_connections(struct scripted_peer *peer)
{
	int count;

	(void)pthread_mutex_lock(&peer->lock);
	count = peer->count;
	(void)pthread_mutex_unlock(&peer->lock);
	return count;
}
