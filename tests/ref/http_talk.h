/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One client pool and one scripted peer that always answers the same. */
#ifndef TESTS_REF_HTTP_TALK_H
#define TESTS_REF_HTTP_TALK_H

#include <stdatomic.h>

#include "ref/net/http.h"
#include "scripted_peer.h"
#include "throwaway_ca.h"

/* Made by talk_group_setup(). */
extern struct throwaway_ca talk_ca;
extern X509_STORE *talk_trust;
extern EVP_PKEY *talk_client_key;
extern X509 *talk_client_cert;

struct talk {
	struct peer_answer answer; /* its body is copied for each request */
	enum peer_greeting greeting;
	atomic_int requests;
	char head[2048]; /* of the first request */
	struct scripted_peer *peer;
	struct http_pool *pool;
	struct patience patience; /* 20 s unless changed */
	struct http_answer got;
	struct msiv2_error err;
};

/* CMocka group setup: a CA, and a client certificate of it. */
int talk_group_setup(void **state);
/* CMocka group teardown. */
int talk_group_teardown(void **state);

/* Starts peer and pool. With TLS, the client has a certificate; without, it is `direct`. `trusted`
 * NULL = the system's. */
void talk_start(struct talk *talk, bool tls, int tls_max, X509_STORE *trusted);
/* Stops both. */
void talk_end(struct talk *talk);
/* Sends "METHOD base/path?q=1". */
enum msiv2_rc talk_send(struct talk *talk, const char *base, const char *method, const char *body);
/* GET to the peer. */
enum msiv2_rc talk_get(struct talk *talk);
/* GET, which fails with this class and a message that has this text and the peer's address. */
void talk_expect_failure(struct talk *talk, enum msiv2_rc rc, const char *text);

#endif
