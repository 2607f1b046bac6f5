/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyring.h"

#include <pthread.h>

#include "common/mem.h"
#include "common/x509.h"
#include "flight.h"
#include "keys/memory.h"
#include "keys/openssl_bridge.h"

#define KEY_WHERE "key"

struct keyring {
	pthread_mutex_t lock;
	struct flight_board board;
	struct openssl_bridge *bridge;
	struct key *key; /* both or none; set once */
	EVP_PKEY *pkey;
};

enum msiv2_rc keyring_new(struct keyring **out, struct msiv2_error *err)
{
	OWNED_STRUCT(keyring) *keyring = mem_alloc(sizeof(*keyring));

	if (keyring == NULL)
		return err_no_memory(err, KEY_WHERE);
	(void)pthread_mutex_init(&keyring->lock, NULL);
	flight_board_init(&keyring->board);
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

static bool cached(struct keyring *keyring)
{
	bool there;

	(void)pthread_mutex_lock(&keyring->lock);
	there = keyring->key != NULL;
	(void)pthread_mutex_unlock(&keyring->lock);
	return there;
}

static enum msiv2_rc create(struct keyring *keyring, struct msiv2_error *err)
{
	OWNED_STRUCT(key) *key = NULL;
	OWNED(EVP_PKEY) *pkey = NULL;

	TRY(memory_key_create(&key, err));
	TRY(openssl_bridge_pkey(keyring->bridge, key, &pkey, err));
	(void)pthread_mutex_lock(&keyring->lock);
	keyring->key = steal(&key);
	keyring->pkey = steal(&pkey);
	(void)pthread_mutex_unlock(&keyring->lock);
	return MSIV2_OK;
}

/* The cargo is the keyring itself: who gets it finds the key in it. */
static enum msiv2_rc fly(void *ctx, void **cargo, struct msiv2_error *err)
{
	struct keyring *keyring = ctx;

	/* KEY-04: the second look, now that nobody else can be creating. */
	if (!cached(keyring))
		TRY(create(keyring, err));
	*cargo = keyring;
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
	const struct flight_plan plan = {
	        .fly = fly, .cargo_ref = cargo_ref, .cargo_free = cargo_free, .ctx = keyring};
	void *cargo;

	if (!cached(keyring))
		TRY(flight_share(&keyring->board, KEY_WHERE, &plan, &errand->patience, KEY_WHERE,
		                 &cargo, err));
	*key = keyring->key;
	*pkey = keyring->pkey;
	return MSIV2_OK;
}
