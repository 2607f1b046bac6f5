/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: answers with a cached token for another resource (TOK-02). */

#include "ref/token_cache.h"

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

struct credential *__wrap_token_cache_find(struct token_cache *cache, const struct token_key *key,
                                           int64_t now_s)
{
	struct token_key other = *key;

	other.resource_len = 1;
	return __real_token_cache_find(cache, &other, now_s);
}

enum msiv2_rc __wrap_token_cache_put(struct token_cache *cache, const struct token_key *key,
                                     struct credential *credential, int64_t now_s,
                                     struct msiv2_error *err)
{
	struct token_key other = *key;

	other.resource_len = 1;
	return __real_token_cache_put(cache, &other, credential, now_s, err);
}
