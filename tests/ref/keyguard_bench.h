/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What tests of keyguard keys share: opening, signing, judging, counting, and other processes. */
#ifndef TESTS_REF_KEYGUARD_BENCH_H
#define TESTS_REF_KEYGUARD_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ref/keys/provider.h"

#define BENCH_PATIENCE_MS 60000

/* The provider's key at the default place, or NULL with the reason printed. Owned by the caller. */
struct key *keyguard_bench_open(void);
/* The same with everything told. */
enum msiv2_rc keyguard_bench_try(const struct key_place *place, struct key **out,
                                 enum key_lack *lack, struct msiv2_error *err);
/* A signature of the key's is made, is right, and is wrong for another digest; by OpenSSL. */
bool keyguard_bench_signs(struct key *key, enum key_padding padding, const EVP_MD *md,
                          struct msiv2_error *err);
/* Private keys with this label in the token, asked through the module by a session of our own. */
unsigned keyguard_bench_count(const char *label);
/* All objects in the token. */
unsigned keyguard_bench_objects(void);

/* A child that runs keyguard_actor COUNT; its output is read from the descriptor. When start_fd is
 * not negative it waits until that is closed at the other end. */
struct actor {
	pid_t pid;
	int output;
};
struct actor keyguard_bench_start(const char *count, int start_fd);
/* Waits for it; its line goes to `line`. True when it ended well. */
bool keyguard_bench_finish(struct actor *actor, char *line, size_t size);

#endif
