/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A certificate store in a folder of its own, and entries to put into it. */
#ifndef TESTS_REF_STORE_STORE_BENCH_H
#define TESTS_REF_STORE_STORE_BENCH_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/store/store.h"

#define BENCH_ALIAS  "system_assigned_managed_identity#att=0"
#define BENCH_SOURCE "http://127.0.0.1:40001"
#define BENCH_CLIENT "6d1a1f2b-5b0c-4a6e-9a55-0c7f3d2e1b10"
#define BENCH_TENANT "0f8c6f0a-2d0f-4d8e-8a53-1b4f5f1c2d3e"
#define BENCH_NOW_S  INT64_C(1795000000) /* 2026-11-18 */
#define BENCH_DAY_S  INT64_C(86400)

struct store_bench {
	char root[64];
	char folder[160]; /* of BENCH_ALIAS */
	struct store *store;
	EVP_PKEY *key;
	EVP_PKEY *other_key;
};

/* Makes the folder, the store (of the user) and two keys; fails the test when it cannot. */
void store_bench_open(struct store_bench *bench);
/* Removes everything. */
void store_bench_close(struct store_bench *bench);

/* How an entry differs from the ordinary one, which is good for 7 days from BENCH_NOW_S on. */
struct entry_recipe {
	const char *alias;     /* NULL = BENCH_ALIAS */
	const char *source;    /* NULL = BENCH_SOURCE */
	const char *client_id; /* NULL = BENCH_CLIENT */
	const char *issuer;    /* its CN; NULL = some */
	const char *kind;      /* NULL = "keyguard" */
	const char *key_name;  /* NULL = "msiv2-key" */
	const char *device;    /* NULL = not known */
	EVP_PKEY *key;         /* NULL = the bench's */
	int64_t from_s;        /* notBefore, seconds after BENCH_NOW_S */
	int64_t until_s;       /* notAfter likewise; 0 = 7 days after from_s */
	int64_t stored_s;      /* likewise */
	bool fresh;
	long serial;
};
/* Makes an entry; owned by the caller. */
void store_bench_entry(const struct store_bench *bench, const struct entry_recipe *recipe,
                       struct store_entry *out);
/* What an ordinary caller wants: alias, source, time and key of the bench. */
struct store_want store_bench_want(const struct store_bench *bench);
/* Puts an entry made by the recipe; fails the test when the store refuses. */
void store_bench_put(const struct store_bench *bench, const struct entry_recipe *recipe);

/* Names of regular files in a folder, locks left out. */
size_t store_bench_count(const char *folder);
/* Path of an entry's file; `size` bytes at out. */
void store_bench_file(const struct store_bench *bench, const struct store_entry *entry, char *out,
                      size_t size);
/* Removes a folder with all that is in it. */
void store_bench_wipe(const char *path);

#endif
