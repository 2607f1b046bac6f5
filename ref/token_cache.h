/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Tokens a client holds (TOK-02), by identity, resource, token type and certificate thumbprint. A
 * hash map behind one lock; thread-safe. Tokens that have run out go away when others come. */
#ifndef REF_TOKEN_CACHE_H
#define REF_TOKEN_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "common/own.h"
#include "credential.h"

struct token_cache;

struct token_key {
	const char *identity; /* "" for the system-assigned one */
	const char *resource; /* resource_len bytes: see sts_resource_len() */
	size_t resource_len;
	enum msiv2_token_type type;
	const uint8_t *thumbprint; /* X509_SHA256_LEN bytes */
};

/* Makes an empty cache; NULL when memory is out. */
struct token_cache *token_cache_new(void);
/* Frees it with all its tokens; NULL is allowed. */
void token_cache_free(struct token_cache *cache);
DEFINE_OWNED_STRUCT(token_cache, token_cache_free)

/* A usable token (more than five minutes left at now_s) or NULL. The caller owns a reference. */
struct credential *token_cache_find(struct token_cache *cache, const struct token_key *key,
                                    int64_t now_s);
/* Keeps a token, in place of an older one under the same key. MSIV2_INTERNAL when memory is out;
 * the cache is unchanged then. */
MSIV2_MUST_USE enum msiv2_rc token_cache_put(struct token_cache *cache, const struct token_key *key,
                                             struct credential *credential, int64_t now_s,
                                             struct msiv2_error *err);
/* Forgets every token bound to a certificate. */
void token_cache_drop(struct token_cache *cache, const uint8_t *thumbprint);
/* Forgets every token bound to another certificate: this one has replaced them. */
void token_cache_keep(struct token_cache *cache, const uint8_t *thumbprint);
/* How many tokens it holds. */
size_t token_cache_count(struct token_cache *cache);

#endif
