/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One HTTP request and its answer. This folder's http*.c and address.c are the only files that know
 * libcurl.
 *
 * Every request: HTTP/1.1; only the scheme of its URL; redirects are answers, never followed; head
 * at most 64 KiB, body at most 1 MiB (NET-04); the caller's deadline and cancellation hold at every
 * moment. TLS is 1.2 or later, servers are verified at the time of the client's clock, sessions are
 * never resumed.
 *
 * Connections are kept alive in a pool, and a request whose kept connection turns out to be closed
 * is sent again on a new one; a `direct` pool keeps none. A pool has at most one client certificate
 * for its whole life and belongs to whoever holds that certificate, so that a replaced certificate
 * cannot be presented again: its connections die with the pool (STS-05). Pools are thread-safe.
 *
 * libcurl is initialised once per process (pthread_once) by the first pool. */
#ifndef REF_NET_HTTP_H
#define REF_NET_HTTP_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "patience.h"

#define HTTP_BODY_MAX ((size_t)1024 * 1024) /* NET-04 */
#define HTTP_HEAD_MAX ((size_t)64 * 1024)

struct http_pool;

struct http_pool_config {
	const struct msiv2_clock *clock; /* borrowed */
	bool direct;       /* no proxy, and a connection for each request (NET-03, NET-04: IMDS) */
	X509_STORE *trust; /* the only anchors; NULL = the system's */
	X509 *certificate; /* presented to servers that ask; NULL = none */
	EVP_PKEY *pkey;    /* its key */
};

/* Makes an empty pool; it takes references of its own to trust, certificate and key. */
MSIV2_MUST_USE enum msiv2_rc http_pool_new(const struct http_pool_config *config,
                                           struct http_pool **out, struct msiv2_error *err);
/* Closes its connections; no request may be running. In a forked child the connections belong to
 * the parent and are left alone. NULL is allowed. */
void http_pool_free(struct http_pool *pool);
DEFINE_OWNED_STRUCT(http_pool, http_pool_free)

struct http_header {
	const char *name;
	const char *value;
};

struct http_request {
	const char *where;       /* the stage, for errors; static text */
	enum msiv2_rc malformed; /* the class of an answer that is no proper HTTP answer */
	const char *method;
	const char *url;
	const struct http_header *headers;
	size_t header_count;
	const void *body; /* NULL = none */
	size_t body_len;
	const struct patience *patience;
};

struct http_answer {
	int status;
	struct bytes
	        head; /* name NUL value NUL ... of the final answer; use http_answer_header() */
	struct bytes body; /* may hold a token: overwritten when freed */
	/* The server ended the handshake because of our certificate (STS-05). http_send() failed
	 * with MSIV2_TRANSPORT then. */
	bool certificate_refused;
};

/* Sends once. MSIV2_OK whatever the status; otherwise
 * - MSIV2_TRANSPORT: no answer (name, refused, reset, server not trusted: NET-03, STS-06);
 * - MSIV2_TIMEOUT: deadline or cancelled;
 * - request->malformed: too large, cut short, or not HTTP;
 * - MSIV2_KEY_UNAVAILABLE: the certificate's key could not be used;
 * - MSIV2_INTERNAL: out of memory.
 * The message names the address. `answer` is cleared first and owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc http_send(struct http_pool *pool, const struct http_request *request,
                                       struct http_answer *answer, struct msiv2_error *err);

/* The value of the first header of that name (case ignored), or NULL. */
const char *http_answer_header(const struct http_answer *answer, const char *name);
/* Retry-After in seconds from now_s, given as seconds or as a date; RETRY_NO_RETRY_AFTER when
 * absent or unreadable (see retry.h). */
int64_t http_answer_retry_after_s(const struct http_answer *answer, int64_t now_s);
/* Its Date header, seconds since 1970; -1 when absent or unreadable. */
int64_t http_answer_date_s(const struct http_answer *answer);
/* Frees what the answer holds. */
void http_answer_free(struct http_answer *answer);
DEFINE_OWNED_VALUE(http_answer, http_answer_free)

#endif
