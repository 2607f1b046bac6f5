/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* One emulator, one client that lives by its clock, and a private certificate store: the whole flow
 * in one process, over real sockets and TLS. */
#ifndef TESTS_E2E_WORLD_H
#define TESTS_E2E_WORLD_H

#include <stdint.h>

#include "common/err.h"
#include "msiv2.h"
#include "msiv2_emulator.h"

struct world {
	struct msiv2_emulator *emulator;
	struct msiv2_options *options;
	struct msiv2_client *client;
	struct msiv2_error err;
	char store[64];      /* root of the store; gone at the end */
	uint64_t counted[3]; /* metadata, issue, token at the last world_expect_counts() */
};

/* The kind of key this run is about: the environment's MSIV2_TEST_KEYS, or "memory". */
const char *world_key_kind(void);

/* Removes a folder and all below it. */
void world_remove_tree(const char *path);

/* CMocka setup and teardown: *state is a struct world with a default emulator and client. */
int world_setup(void **state);
/* Stops both. */
int world_teardown(void **state);

/* Replaces the client by a new one made from world->options as they stand. */
void world_new_client(struct world *world);

/* Gets a token; fails the test when that fails. The caller frees it. */
struct msiv2_token *world_acquire(struct world *world, const struct msiv2_request *request);

/* What the journal counted since the last call (or the start) equals these: PROTOCOL section 0. */
void world_expect_counts(struct world *world, uint64_t metadata, uint64_t issue, uint64_t token);

/* The default request: a PoP token for a vault. */
extern const struct msiv2_request world_vault;

#endif
