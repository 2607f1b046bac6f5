/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A fake cloud with one client of it, on virtual time. */
#ifndef TESTS_REF_CLIENT_DESK_H
#define TESTS_REF_CLIENT_DESK_H

#include "fake_cloud.h"

struct client_desk {
	struct fake_cloud cloud; /* first, so that a script of the cloud finds the desk */
	struct msiv2_client *client;
	struct msiv2_token *token; /* of the last acquisition */
	struct msiv2_error *err;
	/* for client_desk_refuse_tokens() */
	int refusals;        /* so many token requests are refused from now on */
	const char *refusal; /* the body of their 401 */
	X509 *refused;       /* the certificate of the last one */
	bool presented_again;
};

/* A token for a vault. */
extern const struct msiv2_request client_desk_vault;

/* CMocka setup: a new desk. */
int client_desk_setup(void **state);
/* The same; its token service speaks TLS 1.2 only. */
int client_desk_setup_tls_1_2(void **state);
/* CMocka teardown; fails when a refused certificate was presented again. */
int client_desk_teardown(void **state);

/* Acquires into desk->token. */
enum msiv2_rc client_desk_acquire(struct client_desk *desk, const struct msiv2_request *request);
/* Acquires, and fails the test unless that works and takes so many requests. */
void client_desk_expect_token(struct client_desk *desk, const struct msiv2_request *request,
                              int metadata, int issue, int token);
/* Script of a cloud: refuses token requests. */
bool client_desk_refuse_tokens(struct fake_cloud *cloud, enum leg leg, int nth,
                               const struct peer_request *request, struct peer_answer *answer);

#endif
