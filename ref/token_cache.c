/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "token_cache.h"

#include <pthread.h>
#include <string.h>

#include "common/mem.h"

#define CACHE_FIRST_SLOTS 16 /* a power of two, as every later size */

struct entry {
	struct entry *next;
	uint64_t hash;
	char *identity;
	char *resource;
	enum msiv2_token_type type;
	uint8_t thumbprint[X509_SHA256_LEN];
	struct credential *credential;
};

struct token_cache {
	pthread_mutex_t lock;
	struct entry **slots;
	size_t slot_count;
	size_t count;
};

static void entry_free(struct entry *entry)
{
	if (entry == NULL)
		return;
	credential_free(entry->credential);
	mem_free(entry->identity);
	mem_free(entry->resource);
	mem_free(entry);
}

/* FNV-1a: keys come from the program itself, not from an adversary. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
	return hash;
}

static uint64_t key_hash(const struct token_key *key)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	hash = hash_bytes(hash, key->identity, strlen(key->identity) + 1);
	hash = hash_bytes(hash, key->resource, key->resource_len);
	hash = hash_bytes(hash, &key->type, sizeof(key->type));
	/* A thumbprint is random already: eight bytes of it tell certificates apart. */
	return hash_bytes(hash, key->thumbprint, 8);
}

static bool entry_is(const struct entry *entry, uint64_t hash, const struct token_key *key)
{
	return entry->hash == hash && entry->type == key->type &&
	       memcmp(entry->thumbprint, key->thumbprint, X509_SHA256_LEN) == 0 &&
	       strlen(entry->resource) == key->resource_len &&
	       memcmp(entry->resource, key->resource, key->resource_len) == 0 &&
	       strcmp(entry->identity, key->identity) == 0;
}

static struct entry **slot_of(const struct token_cache *cache, uint64_t hash)
{
	return &cache->slots[hash & (cache->slot_count - 1)];
}

static struct entry *find(const struct token_cache *cache, uint64_t hash,
                          const struct token_key *key)
{
	struct entry *entry = *slot_of(cache, hash);

	while (entry != NULL && !entry_is(entry, hash, key))
		entry = entry->next;
	return entry;
}

struct token_cache *token_cache_new(void)
{
	OWNED_STRUCT(token_cache) *cache = mem_alloc(sizeof(*cache));

	if (cache == NULL)
		return NULL;
	(void)pthread_mutex_init(&cache->lock, NULL);
	cache->slots = mem_alloc(CACHE_FIRST_SLOTS * sizeof(struct entry *));
	if (cache->slots == NULL)
		return NULL;
	cache->slot_count = CACHE_FIRST_SLOTS;
	return steal(&cache);
}

/* Unlinks what `goes` picks, and returns it as a list: freeing a token may close connections, which
 * is not done under the lock. */
static struct entry *take_out(struct token_cache *cache,
                              bool (*goes)(const struct entry *entry, const void *arg),
                              const void *arg)
{
	struct entry *out = NULL;

	for (size_t i = 0; i < cache->slot_count; i++) {
		struct entry **link = &cache->slots[i];

		while (*link != NULL) {
			struct entry *entry = *link;

			if (!goes(entry, arg)) {
				link = &entry->next;
				continue;
			}
			*link = entry->next;
			entry->next = out;
			out = entry;
			cache->count--;
		}
	}
	return out;
}

static void free_list(struct entry *entry)
{
	while (entry != NULL) {
		struct entry *next = entry->next;

		entry_free(entry);
		entry = next;
	}
}

static bool any(const struct entry *entry, const void *arg)
{
	(void)entry;
	(void)arg;
	return true;
}

static bool has_thumbprint(const struct entry *entry, const void *arg)
{
	return memcmp(entry->thumbprint, arg, X509_SHA256_LEN) == 0;
}

static bool has_other_thumbprint(const struct entry *entry, const void *arg)
{
	return !has_thumbprint(entry, arg);
}

static bool has_run_out(const struct entry *entry, const void *arg)
{
	const int64_t *now_s = arg;

	return !grant_is_usable(credential_grant(entry->credential), *now_s);
}

void token_cache_free(struct token_cache *cache)
{
	if (cache == NULL)
		return;
	free_list(take_out(cache, any, NULL));
	mem_free(cache->slots);
	(void)pthread_mutex_destroy(&cache->lock);
	mem_free(cache);
}

struct credential *token_cache_find(struct token_cache *cache, const struct token_key *key,
                                    int64_t now_s)
{
	uint64_t hash = key_hash(key);
	struct credential *credential = NULL;
	struct entry *entry;

	(void)pthread_mutex_lock(&cache->lock);
	entry = find(cache, hash, key);
	if (entry != NULL && grant_is_usable(credential_grant(entry->credential), now_s))
		credential = credential_ref(entry->credential);
	(void)pthread_mutex_unlock(&cache->lock);
	return credential;
}

static struct entry *entry_new(const struct token_key *key, struct credential *credential)
{
	struct entry *entry = mem_alloc(sizeof(*entry));

	if (entry == NULL)
		return NULL;
	entry->hash = key_hash(key);
	entry->identity = mem_strdup(key->identity);
	entry->resource = mem_strndup(key->resource, key->resource_len);
	entry->type = key->type;
	memcpy(entry->thumbprint, key->thumbprint, X509_SHA256_LEN);
	entry->credential = credential_ref(credential);
	if (entry->identity == NULL || entry->resource == NULL) {
		entry_free(entry);
		return NULL;
	}
	return entry;
}

/* Twice the slots. Without memory for them the map only gets slower. */
static void grow(struct token_cache *cache)
{
	size_t old_count = cache->slot_count;
	struct entry **old = cache->slots;
	struct entry **slots = mem_alloc(2 * old_count * sizeof(*slots));

	if (slots == NULL)
		return;
	cache->slots = slots;
	cache->slot_count = 2 * old_count;
	for (size_t i = 0; i < old_count; i++) {
		while (old[i] != NULL) {
			struct entry *entry = old[i];
			struct entry **slot = slot_of(cache, entry->hash);

			old[i] = entry->next;
			entry->next = *slot;
			*slot = entry;
		}
	}
	mem_free(old);
}

static void insert(struct token_cache *cache, struct entry *entry)
{
	struct entry **slot;

	if (cache->count >= cache->slot_count)
		grow(cache);
	slot = slot_of(cache, entry->hash);
	entry->next = *slot;
	*slot = entry;
	cache->count++;
}

enum msiv2_rc token_cache_put(struct token_cache *cache, const struct token_key *key,
                              struct credential *credential, int64_t now_s, struct msiv2_error *err)
{
	struct entry *entry = entry_new(key, credential);
	struct credential *replaced = NULL;
	struct entry *out = NULL;
	struct entry *old;

	if (entry == NULL)
		return err_no_memory(err, "token cache");
	(void)pthread_mutex_lock(&cache->lock);
	old = find(cache, entry->hash, key);
	if (old != NULL) {
		replaced = old->credential;
		old->credential = steal(&entry->credential);
	} else {
		if (cache->count >= cache->slot_count)
			out = take_out(cache, has_run_out, &now_s);
		insert(cache, steal(&entry));
	}
	(void)pthread_mutex_unlock(&cache->lock);
	credential_free(replaced);
	entry_free(entry);
	free_list(out);
	return MSIV2_OK;
}

static void forget(struct token_cache *cache,
                   bool (*goes)(const struct entry *entry, const void *arg), const void *arg)
{
	struct entry *out;

	(void)pthread_mutex_lock(&cache->lock);
	out = take_out(cache, goes, arg);
	(void)pthread_mutex_unlock(&cache->lock);
	free_list(out);
}

void token_cache_drop(struct token_cache *cache, const uint8_t *thumbprint)
{
	forget(cache, has_thumbprint, thumbprint);
}

void token_cache_keep(struct token_cache *cache, const uint8_t *thumbprint)
{
	forget(cache, has_other_thumbprint, thumbprint);
}

size_t token_cache_count(struct token_cache *cache)
{
	size_t count;

	(void)pthread_mutex_lock(&cache->lock);
	count = cache->count;
	(void)pthread_mutex_unlock(&cache->lock);
	return count;
}
