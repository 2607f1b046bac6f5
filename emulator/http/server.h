/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One HTTP or HTTPS listener. server.c is the only file that knows the web server library.
 *
 * Connections are kept alive; each has a thread of its own while it is open, so `connections` is
 * how many clients can be connected at once; more wait until one leaves. Every answer is written in
 * one piece. Bodies are read up to a limit; what is beyond it, and bodies that end too soon, are
 * marked in the request and left to the handler. */
#ifndef EMULATOR_HTTP_SERVER_H
#define EMULATOR_HTTP_SERVER_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "common/own.h"
#include "exchange.h"

struct server;

struct server_options {
	const char *name;     /* "imds": what requests call their listener; borrowed */
	const char *host;     /* what requests call the host; borrowed, NULL = none */
	const char *port_key; /* the place of an error about bind and port ("listen.imds_port") */
	const char *bind;
	uint16_t port; /* 0 = any free one */
	SSL_CTX *tls;  /* borrowed until stop; NULL = plain HTTP */
	int64_t connections;
	int64_t body_limit;
	int64_t request_timeout_ms;
	struct log log;
	void *ctx; /* handed to the functions below, which run on many threads at once */
	/* Answers a request; *response starts zeroed and is freed by the server. */
	void (*handle)(void *ctx, const struct http_request *request,
	               struct http_response *response);
	/* Answers what is not HTTP (or a method nobody knows) with `status`; `request` knows
	 * its listener, host and peer; its texts are empty, unless the spelling of a header is all
	 * that was wrong. */
	void (*refuse)(void *ctx, const struct http_request *request, int status,
	               struct http_response *response);
};

/* Binds and serves. MSIV2_CONFIG at port_key when the address cannot be bound, MSIV2_UNSUPPORTED
 * when TLS is asked for and the library has none. */
MSIV2_MUST_USE enum msiv2_rc server_start(const struct server_options *options, struct server **out,
                                          struct msiv2_error *err);
/* The port that was bound. */
uint16_t server_port(const struct server *server);
/* How many connections are open, and those that wait to be served. */
size_t server_connections(const struct server *server);
/* Stops `count` servers at once (NULL ones are skipped) and frees them: no new connection enters,
 * open ones are ended, handlers that are running finish. */
void server_stop(struct server *const *servers, size_t count);

#endif
