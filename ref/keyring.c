/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyring.h"

#include <pthread.h>

#include "common/mem.h"
#include "common/x509.h"
#include "flight.h"
#include "keys/openssl_bridge.h"

#define KEY_WHERE "key"

struct keyring {
	pthread_mutex_t lock;
	struct flight_board board;
	struct openssl_bridge *bridge;
	const struct key_settings *settings;
	struct key *key; /* both or none */
	EVP_PKEY *pkey;
};

enum msiv2_rc keyring_new(const struct key_settings *settings, struct keyring **out,
                          struct msiv2_error *err)
{
	OWNED_STRUCT(keyring) *keyring = mem_alloc(sizeof(*keyring));

	if (keyring == NULL)
		return err_no_memory(err, KEY_WHERE);
	(void)pthread_mutex_init(&keyring->lock, NULL);
	flight_board_init(&keyring->board);
	keyring->settings = settings;
	TRY(openssl_bridge_new(&keyring->bridge, err));
	*out = steal(&keyring);
	return MSIV2_OK;
}

void keyring_free(struct keyring *keyring)
{
	if (keyring == NULL)
		return;
	EVP_PKEY_free(keyring->pkey);
	key_free(keyring->key);
	openssl_bridge_free(keyring->bridge);
	flight_board_destroy(&keyring->board);
	(void)pthread_mutex_destroy(&keyring->lock);
	mem_free(keyring);
}

/* References of the caller's own to what is held; false when nothing is. */
static bool take_cached(struct keyring *keyring, struct key **key, EVP_PKEY **pkey)
{
	bool there;

	(void)pthread_mutex_lock(&keyring->lock);
	there = keyring->key != NULL && EVP_PKEY_up_ref(keyring->pkey) == 1;
	if (there) {
		*key = key_ref(keyring->key);
		*pkey = keyring->pkey;
	}
	(void)pthread_mutex_unlock(&keyring->lock);
	return there;
}

/* Puts a key (NULL: none) in the place of what is held, if that is `old`. */
static void replace(struct keyring *keyring, const struct key *old, struct key *key, EVP_PKEY *pkey)
{
	(void)pthread_mutex_lock(&keyring->lock);
	if (keyring->key == old) {
		struct key *dropped_key = keyring->key;
		EVP_PKEY *dropped_pkey = keyring->pkey;

		keyring->key = key;
		keyring->pkey = pkey;
		key = dropped_key;
		pkey = dropped_pkey;
	}
	(void)pthread_mutex_unlock(&keyring->lock);
	EVP_PKEY_free(pkey);
	key_free(key);
}

/* What one caller's search needs. */
struct search {
	struct keyring *keyring;
	const struct errand *errand;
};

static enum msiv2_rc find(const struct search *search, struct msiv2_error *err)
{
	const struct errand *errand = search->errand;
	struct keyring *keyring = search->keyring;
	struct key_place place =
	        key_settings_place(keyring->settings, errand->patience.clock, &errand->log);
	const struct key_provider *provider = NULL;
	OWNED_STRUCT(key) *key = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;

	place.lifesign = errand->patience.lifesign;
	TRY(hierarchy_get(&keyring->settings->hierarchy, &place, errand->patience.deadline_us, &key,
	                  &provider, err));
	TRY(openssl_bridge_pkey(keyring->bridge, key, &pkey, err));
	log_line(&errand->log, MSIV2_LOG_INFO, "key: %s, RSA %d", provider->kind, key_bits(key));
	replace(keyring, NULL, steal(&key), steal(&pkey));
	return MSIV2_OK;
}

/* The cargo is the keyring itself: who gets it finds the key in it. */
static enum msiv2_rc fly(void *ctx, void **cargo, struct msiv2_error *err)
{
	const struct search *search = ctx;
	OWNED_STRUCT(key) *key = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;

	/* KEY-04: the second look, now that nobody else can be creating. */
	if (!take_cached(search->keyring, &key, &pkey))
		TRY(find(search, err));
	*cargo = search->keyring;
	return MSIV2_OK;
}

static void *cargo_ref(void *cargo)
{
	return cargo;
}

static void cargo_free(void *cargo)
{
	(void)cargo;
}

enum msiv2_rc keyring_get(struct keyring *keyring, const struct errand *errand, struct key **key,
                          EVP_PKEY **pkey, struct msiv2_error *err)
{
	struct search search = {.keyring = keyring, .errand = errand};
	const struct flight_plan plan = {
	        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free, .ctx = &search};
	void *cargo;

	/* Again when the key was dropped between being found and being taken. */
	while (!take_cached(keyring, key, pkey))
		TRY(flight_share(&keyring->board, KEY_WHERE, &plan, &errand->patience, KEY_WHERE,
		                 &cargo, err));
	return MSIV2_OK;
}

void keyring_drop(struct keyring *keyring, const struct key *failed)
{
	if (failed != NULL)
		replace(keyring, failed, NULL, NULL);
}
