/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A place for a binding with a mint that a test scripts, on virtual time; bindings are of one key
 * for all tests of a program. */
#ifndef TESTS_REF_MINT_BENCH_H
#define TESTS_REF_MINT_BENCH_H

#include <stdatomic.h>

#include "ref/binding_slot.h"
#include "virtual_clock.h"

struct mint_bench {
	struct binding_slot *slot;
	struct virtual_clock clock;
	struct errand errand;
	int64_t not_after_s; /* of what is minted */
	int64_t not_before_s;
	enum certificate_origin origin;
	enum msiv2_rc rc;
	void (*during)(struct mint_bench *m); /* happens while it mints; NULL = nothing */
	atomic_int count;
	atomic_int bypasses;
	atomic_int renewals;
	int64_t left_us; /* of the last one */
	bool named_one;  /* the last one was told which certificate does not do */
	char log[2000];
};

/* CMocka setup and teardown of a group: the key. */
int mint_bench_group_setup(void **state);
/* Frees it. */
int mint_bench_group_teardown(void **state);
/* The key, and what stands for it in TLS; borrowed. */
struct key *mint_bench_key(void);
EVP_PKEY *mint_bench_pkey(void);

/* An issued certificate of that validity; owned by the caller. */
void mint_bench_issue(struct issue *issue, int64_t not_before_s, int64_t not_after_s);
/* A binding of one. */
enum msiv2_rc mint_bench_binding(int64_t not_before_s, int64_t not_after_s, bool fresh,
                                 enum certificate_origin origin, struct binding **out);

/* An empty slot at 1000 s; its mint gives certificates from then to the ninth day. */
void mint_bench_open(struct mint_bench *m);
/* Asks the slot. */
enum msiv2_rc mint_bench_get(struct mint_bench *m, const struct binding *other_than, bool fresh,
                             struct binding **out);
/* The same as a thread's work: gives NULL when it fails. */
void *mint_bench_get_in_thread(void *arg);

#endif
