/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: goes on with a token whose certificate was replaced (TOK-01). */

#include "ref/token_cache.h"

static const uint8_t any[32];

struct credential *__real_token_cache_find(struct token_cache *cache, const struct token_key *key,
                                           int64_t now_s);
struct credential *__wrap_token_cache_find(struct token_cache *cache, const struct token_key *key,
                                           int64_t now_s);
enum msiv2_rc __real_token_cache_put(struct token_cache *cache, const struct token_key *key,
                                     struct credential *credential, int64_t now_s,
                                     struct msiv2_error *err);
enum msiv2_rc __wrap_token_cache_put(struct token_cache *cache, const struct token_key *key,
                                     struct credential *credential, int64_t now_s,
                                     struct msiv2_error *err);
void __wrap_token_cache_drop(struct token_cache *cache, const uint8_t *thumbprint);
void __wrap_token_cache_keep(struct token_cache *cache, const uint8_t *thumbprint);

struct credential *__wrap_token_cache_find(struct token_cache *cache, const struct token_key *key,
                                           int64_t now_s)
{
	struct token_key other = *key;

	other.thumbprint = any;
	return __real_token_cache_find(cache, &other, now_s);
}

enum msiv2_rc __wrap_token_cache_put(struct token_cache *cache, const struct token_key *key,
                                     struct credential *credential, int64_t now_s,
                                     struct msiv2_error *err)
{
	struct token_key other = *key;

	other.thumbprint = any;
	return __real_token_cache_put(cache, &other, credential, now_s, err);
}

void __wrap_token_cache_drop(struct token_cache *cache, const uint8_t *thumbprint)
{
	(void)cache;
	(void)thumbprint;
}

void __wrap_token_cache_keep(struct token_cache *cache, const uint8_t *thumbprint)
{
	(void)cache;
	(void)thumbprint;
}
