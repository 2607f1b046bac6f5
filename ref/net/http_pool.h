/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The handles of a pool, for http.c only. A handle runs one transfer at a time and keeps its own
 * connections; idle handles wait in the pool. */
#ifndef REF_NET_HTTP_POOL_H
#define REF_NET_HTTP_POOL_H

#include <curl/curl.h>

#include "handshake.h"
#include "http.h"

struct http_handle {
	CURL *easy;
	CURLM *multi;
	struct http_pool *pool;
	struct handshake handshake;
	char reason[CURL_ERROR_SIZE]; /* libcurl's words for a failure */
	struct http_handle *next;     /* in the pool's list of idle handles */
};

/* An idle handle or a new one, with every option at its default. Give it back or discard it. */
MSIV2_MUST_USE enum msiv2_rc http_pool_take(struct http_pool *pool, struct http_handle **out,
                                            struct msiv2_error *err);
/* Keeps the handle and its connections for later. */
void http_pool_give(struct http_handle *handle);
/* Closes the handle's connections and frees it; NULL is allowed. */
void http_pool_discard(struct http_handle *handle);
/* Sets what the pool decides: proxies, TLS, trust, the client certificate. False when an option is
 * not accepted. */
MSIV2_MUST_USE bool http_pool_apply(struct http_handle *handle);
/* The pool has a client certificate. */
bool http_pool_has_certificate(const struct http_pool *pool);

#endif
