/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: answers with a cached token of the other type (TOK-02). */

#include "ref/token_cache.h"

struct credential *__real_token_cache_find(struct token_cache *cache, const struct token_key *key,
                                           int64_t now_s);
struct credential *__wrap_token_cache_find(struct token_cache *cache, const struct token_key *key,
                                           int64_t now_s);

struct credential *__wrap_token_cache_find(struct token_cache *cache, const struct token_key *key,
                                           int64_t now_s)
{
	struct credential *found = __real_token_cache_find(cache, key, now_s);
	struct token_key other = *key;

	other.type = key->type == MSIV2_TOKEN_BEARER ? MSIV2_TOKEN_MTLS_POP : MSIV2_TOKEN_BEARER;
	return found != NULL ? found : __real_token_cache_find(cache, &other, now_s);
}
