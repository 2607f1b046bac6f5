/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "nonces.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "common/mem.h"

#define WHERE "nonces"

struct nonce {
	uint8_t value[NONCE_LEN];
	int64_t given_s;
	bool used;
};

struct nonces {
	const struct rng *rng; /* borrowed */
	pthread_mutex_t lock;
	struct nonce ring[NONCES_MAX];
	size_t next;
	size_t count;
};

enum msiv2_rc nonces_new(const struct rng *rng, struct nonces **out, struct msiv2_error *err)
{
	*out = mem_alloc(sizeof(**out));
	if (*out == NULL)
		return err_no_memory(err, WHERE);
	(*out)->rng = rng;
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	return MSIV2_OK;
}

void nonces_free(struct nonces *nonces)
{
	if (nonces == NULL)
		return;
	(void)pthread_mutex_destroy(&nonces->lock);
	mem_free(nonces);
}

enum msiv2_rc nonces_give(struct nonces *nonces, int64_t now_s, uint8_t out[NONCE_LEN],
                          struct msiv2_error *err)
{
	struct nonce *slot;

	if (!rng_fill(nonces->rng, out, NONCE_LEN))
		return err_set(err, MSIV2_INTERNAL, WHERE, "no randomness for a nonce");
	(void)pthread_mutex_lock(&nonces->lock);
	slot = &nonces->ring[nonces->next];
	nonces->next = (nonces->next + 1) % NONCES_MAX;
	if (nonces->count < NONCES_MAX)
		nonces->count++;
	memcpy(slot->value, out, NONCE_LEN);
	slot->given_s = now_s;
	slot->used = false;
	(void)pthread_mutex_unlock(&nonces->lock);
	return MSIV2_OK;
}

/* Under the lock. */
static struct nonce *find(struct nonces *nonces, const uint8_t *value)
{
	for (size_t i = 0; i < nonces->count; i++)
		if (memcmp(nonces->ring[i].value, value, NONCE_LEN) == 0)
			return &nonces->ring[i];
	return NULL;
}

/* Under the lock. World time may have been turned back: a nonce from the future is no good. */
static const char *use(struct nonce *nonce, int64_t now_s)
{
	if (nonce == NULL)
		return "unknown";
	if (nonce->used)
		return "used before";
	nonce->used = true;
	if (now_s < nonce->given_s || now_s - nonce->given_s > NONCE_LIFETIME_S)
		return "expired";
	return NULL;
}

const char *nonces_use(struct nonces *nonces, const uint8_t nonce[NONCE_LEN], int64_t now_s)
{
	const char *fault;

	(void)pthread_mutex_lock(&nonces->lock);
	fault = use(find(nonces, nonce), now_s);
	(void)pthread_mutex_unlock(&nonces->lock);
	return fault;
}

void nonces_reset(struct nonces *nonces)
{
	(void)pthread_mutex_lock(&nonces->lock);
	nonces->next = 0;
	nonces->count = 0;
	(void)pthread_mutex_unlock(&nonces->lock);
}
