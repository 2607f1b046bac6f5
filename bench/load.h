/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A closed-loop load generator: threads that send one prepared HTTP request again and again, each
 * on a connection of its own, as fast as the answers come. Raw sockets and OpenSSL, so that little
 * of the machine goes to asking. Ends the program with a message when an answer is not what is
 * expected. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_plan {
	const char *name;    /* what is asked, for messages */
	uint16_t port;       /* on 127.0.0.1 */
	SSL_CTX *tls;        /* with the client's certificate; NULL = plain HTTP */
	const char *request; /* head and body as they are sent */
	size_t request_len;
	int status;     /* every answer has it */
	bool reconnect; /* a new connection for each request */
	int threads;    /* at most LOAD_THREADS_MAX */
	int64_t duration_us;
};

#define LOAD_THREADS_MAX 256

struct load_result {
	int64_t requests;
	int64_t errors; /* connections that ended without an answer */
	int64_t elapsed_us;
	int64_t client_cpu_us;          /* this process, all threads */
	int64_t p50_us, p99_us, max_us; /* of single requests */
};

/* Runs a plan to its end. */
void load_run(const struct load_plan *plan, struct load_result *out);

/* Sends one request on a new connection and returns the answer's body (to be freed); *len is its
 * length. Ends the program when the status is another. */
char *load_ask(const struct load_plan *plan, size_t *len);

#endif
