/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Entries of a store for tests, with certificates of their own, and a random source that one number
 * repeats. */
#ifndef TESTS_REF_STORE_USE_ENTRY_MAKER_H
#define TESTS_REF_STORE_USE_ENTRY_MAKER_H

#include <openssl/evp.h>
#include <stdint.h>

#include "common/rng.h"
#include "ref/store/entry.h"

#define ENTRY_SOURCE    "http://127.0.0.1:1"
#define ENTRY_CLIENT_ID "a1a1a1a1-0000-4000-8000-000000000001"
#define ENTRY_TENANT_ID "72f988bf-0000-4000-8000-00000000aaaa"

struct entry_recipe {
	const char *alias;
	const char *key_kind;
	EVP_PKEY *key; /* what is certified; a P-256 key will do and is quick */
	int64_t not_before_s;
	int64_t not_after_s;
	bool fresh;
};

/* Makes an entry with a certificate that nobody else has. Fails the test when it cannot. */
void entry_make(const struct entry_recipe *recipe, struct store_entry *out);
/* SHA-256 of the public half, as entries have it. */
void entry_key_sha256(EVP_PKEY *key, uint8_t out[X509_SHA256_LEN]);
/* The name of the file that holds it. */
#define ENTRY_FILE_SIZE 72
void entry_file_name(const struct store_entry *entry, char out[ENTRY_FILE_SIZE]);

/* Numbers from a seed: splitmix64. */
struct seeded {
	uint64_t at;
};
/* The next number in [0, below). */
uint64_t seeded_below(struct seeded *seeded, uint64_t below);

#endif
