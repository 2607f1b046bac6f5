/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A client that keeps certificates of paper keys (paper_provider.h) in a store of its own, through
 * store_seam.h, and a cloud that does what a test says. */
#ifndef TESTS_REF_KEEPER_H
#define TESTS_REF_KEEPER_H

#include "fake_cloud.h"
#include "ref/include/msiv2.h"

struct keeper {
	struct fake_cloud cloud;
	struct msiv2_client *client;
	struct msiv2_token *token;
	struct msiv2_error err;
	char root[64];
	char log[16000];
	int warnings;         /* about the store */
	int refusals;         /* so many tokens are refused from now on */
	const char *key_name; /* NULL = the default */
	int gone;             /* so many issuances are answered by 410 from now on */
};

/* CMocka setup: a keeper whose client has keys in keyguard and memory. */
int keeper_setup(void **state);
/* CMocka teardown. */
int keeper_teardown(void **state);

/* The options of its clients; the caller frees them. */
struct msiv2_options *keeper_options(struct keeper *desk, const char *kinds);
/* A new client in place of the one there is: a new process, so to speak. */
void keeper_open(struct keeper *desk, const char *kinds);

/* An ordinary request, and one that does not look into the token cache. */
extern const struct msiv2_request keeper_vault;
extern const struct msiv2_request keeper_forced;
/* Acquires into desk->token and desk->err. */
enum msiv2_rc keeper_acquire(struct keeper *desk, const struct msiv2_request *request);
/* The same, which succeeds with a certificate of that origin and so many exchanges. */
void keeper_expect(struct keeper *desk, const struct msiv2_request *request, const char *origin,
                   int metadata, int issue, int token);
/* Where its clients log, a keeper being the context: into desk->log, and counted. */
void keeper_log(void *ctx, enum msiv2_log_level level, const char *line);
/* How many entries its store has, of all aliases. */
size_t keeper_entries(const struct keeper *desk);

#endif
