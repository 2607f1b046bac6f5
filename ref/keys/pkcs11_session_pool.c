/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "pkcs11_session_pool.h"

#include <pthread.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/rng.h"
#include "pkcs11_turn.h"

#define FIRST_WAIT_US   CLOCK_US_PER_MS
#define LONGEST_WAIT_US (64 * CLOCK_US_PER_MS)
/* From this try on, trouble that waiting should have cured is met by a restart, once. */
#define RESTART_AFTER 6
/* A token that is away, or that somebody is writing to while the module starts. */
#define MOST_RESTARTS 4

struct pkcs11_pool {
	struct pkcs11_module *module;
	char *label;
	char *pin_file; /* or NULL */
	pthread_mutex_t lock;
	/* Guarded by the lock: */
	struct pkcs11_token token;
	bool token_known;
	uint64_t generation; /* of the module, when the token was found */
	size_t idle_count;
	struct pkcs11_session idle[PKCS11_POOL_KEPT];
};

enum msiv2_rc pkcs11_pool_new(struct pkcs11_module *module, const char *label, const char *pin_file,
                              struct pkcs11_pool **out, struct pkcs11_trouble *trouble)
{
	struct pkcs11_pool *pool = mem_alloc(sizeof(*pool));

	if (pool == NULL) {
		pkcs11_module_close(module);
		return pkcs11_no_memory(trouble);
	}
	(void)pthread_mutex_init(&pool->lock, NULL);
	pool->module = module;
	pool->label = mem_strdup(label);
	pool->pin_file = mem_strdup(pin_file);
	if (pool->label == NULL || (pin_file != NULL && pool->pin_file == NULL)) {
		pkcs11_pool_free(pool);
		return pkcs11_no_memory(trouble);
	}
	*out = pool;
	return MSIV2_OK;
}

/* ---- sessions ---- */

/* The sessions of an older generation ended with it. The pool is locked. */
static void forget_older(struct pkcs11_pool *pool, uint64_t generation)
{
	if (pool->generation == generation)
		return;
	pool->idle_count = 0;
	pool->token_known = false;
	pool->generation = generation;
}

/* Finds the token when it is not known. One thread at a time: the others would ask the same. */
static enum msiv2_rc know_token(struct pkcs11_pool *pool, const CK_FUNCTION_LIST *functions,
                                struct pkcs11_token *token, struct pkcs11_trouble *trouble)
{
	enum msiv2_rc rc = MSIV2_OK;

	(void)pthread_mutex_lock(&pool->lock);
	if (!pool->token_known)
		rc = pkcs11_token_find(functions, pool->label, &pool->token, trouble);
	if (rc == MSIV2_OK) {
		pool->token_known = true;
		*token = pool->token;
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return rc;
}

static bool take_idle(struct pkcs11_pool *pool, uint64_t generation, struct pkcs11_session *out)
{
	bool there;

	(void)pthread_mutex_lock(&pool->lock);
	forget_older(pool, generation);
	there = pool->idle_count > 0;
	if (there)
		*out = pool->idle[--pool->idle_count];
	(void)pthread_mutex_unlock(&pool->lock);
	return there;
}

/* The caller is inside the module. */
static enum msiv2_rc take(struct pkcs11_pool *pool, const CK_FUNCTION_LIST *functions,
                          uint64_t generation, const struct pkcs11_patience *patience,
                          struct pkcs11_session *out, struct pkcs11_trouble *trouble)
{
	OWNED_STRUCT(pkcs11_turn) turn = {0};
	struct pkcs11_token token = {0};

	if (take_idle(pool, generation, out))
		return MSIV2_OK;
	*out = (struct pkcs11_session){.functions = functions, .generation = generation};
	pkcs11_turn_take(&turn, PKCS11_TURN_STATE, pkcs11_module_path(pool->module), patience);
	TRY(know_token(pool, functions, &token, trouble));
	return pkcs11_token_session(functions, &token, pool->pin_file, &out->handle, trouble);
}

static void give_back(struct pkcs11_pool *pool, const struct pkcs11_session *session)
{
	bool kept;

	(void)pthread_mutex_lock(&pool->lock);
	kept = pool->idle_count < PKCS11_POOL_KEPT;
	if (kept)
		pool->idle[pool->idle_count++] = *session;
	(void)pthread_mutex_unlock(&pool->lock);
	if (!kept)
		(void)session->functions->C_CloseSession(session->handle);
}

/* A session that failed is not lent again, and the token is looked for anew: it may be in another
 * slot by now. */
static void drop(struct pkcs11_pool *pool, const struct pkcs11_session *session)
{
	(void)session->functions->C_CloseSession(session->handle);
	(void)pthread_mutex_lock(&pool->lock);
	pool->token_known = false;
	(void)pthread_mutex_unlock(&pool->lock);
}

void pkcs11_pool_free(struct pkcs11_pool *pool)
{
	const CK_FUNCTION_LIST *functions;
	struct pkcs11_trouble trouble = {0};
	uint64_t generation;

	if (pool == NULL)
		return;
	if (pkcs11_module_enter(pool->module, &functions, &generation, &trouble) == MSIV2_OK) {
		forget_older(pool, generation);
		for (size_t i = 0; i < pool->idle_count; i++)
			(void)functions->C_CloseSession(pool->idle[i].handle);
		pkcs11_module_leave(pool->module);
	}
	pkcs11_module_close(pool->module);
	(void)pthread_mutex_destroy(&pool->lock);
	mem_free(pool->label);
	mem_free(pool->pin_file);
	mem_free(pool);
}

struct pkcs11_token pkcs11_pool_token(struct pkcs11_pool *pool)
{
	struct pkcs11_token token;

	(void)pthread_mutex_lock(&pool->lock);
	token = pool->token;
	(void)pthread_mutex_unlock(&pool->lock);
	return token;
}

/* ---- acting, and trying again ---- */

struct attempt {
	unsigned count;
	uint64_t generation; /* in which the last one failed */
	unsigned restarts;
	int64_t wait_us;
	int64_t until_us; /* the end of waiting, not after the deadline */
};

static enum msiv2_rc act_once(struct pkcs11_pool *pool, struct attempt *attempt,
                              const struct pkcs11_patience *patience, pkcs11_act act, void *ctx,
                              struct pkcs11_trouble *trouble)
{
	const CK_FUNCTION_LIST *functions;
	struct pkcs11_session session;
	enum msiv2_rc rc;

	TRY(pkcs11_module_enter(pool->module, &functions, &attempt->generation, trouble));
	rc = take(pool, functions, attempt->generation, patience, &session, trouble);
	if (rc == MSIV2_OK) {
		rc = act(&session, ctx, trouble);
		if (rc == MSIV2_OK)
			give_back(pool, &session);
		else
			drop(pool, &session);
	}
	pkcs11_module_leave(pool->module);
	return rc;
}

static enum msiv2_rc wait_a_moment(struct attempt *attempt, const struct pkcs11_patience *patience,
                                   struct pkcs11_trouble *trouble)
{
	int64_t wait_us = attempt->wait_us / 2 +
	                  (int64_t)rng_below(rng_system(), (uint64_t)attempt->wait_us / 2 + 1);

	if (clock_left_us(patience->clock, patience->deadline_us) <= wait_us)
		return pkcs11_too_late(trouble);
	clock_wait_us(patience->clock, wait_us);
	if (attempt->wait_us < LONGEST_WAIT_US)
		attempt->wait_us *= 2;
	return MSIV2_OK;
}

/* MSIV2_OK: it is worth another try. Otherwise rc, the failure that stands. */
static enum msiv2_rc cure(struct pkcs11_pool *pool, struct attempt *attempt,
                          const struct pkcs11_patience *patience, enum msiv2_rc rc,
                          struct pkcs11_trouble *trouble)
{
	enum pkcs11_cure what = pkcs11_error_find(trouble->rv)->cure;
	struct pkcs11_trouble ignored = {0};

	if (rc != MSIV2_KEY_UNAVAILABLE || what == PKCS11_CURE_NONE ||
	    clock_left_us(patience->clock, attempt->until_us) == 0)
		return rc;
	if (what == PKCS11_CURE_RESET && attempt->restarts == MOST_RESTARTS)
		return rc; /* it is still away */
	if (what == PKCS11_CURE_SESSION && attempt->restarts > 0)
		return rc; /* what is not there after a fresh start is not there */
	attempt->count++;
	if (what == PKCS11_CURE_RESET ||
	    (attempt->restarts == 0 && attempt->count >= RESTART_AFTER)) {
		attempt->restarts++;
		/* Its failure shows in the next attempt. */
		(void)!pkcs11_module_restart(pool->module, attempt->generation, patience, &ignored);
	}
	if (what == PKCS11_CURE_SESSION && attempt->count == 1)
		return MSIV2_OK;
	return wait_a_moment(attempt, patience, trouble);
}

enum msiv2_rc pkcs11_pool_run(struct pkcs11_pool *pool, const struct pkcs11_patience *patience,
                              pkcs11_act act, void *ctx, struct pkcs11_trouble *trouble)
{
	struct attempt attempt = {.wait_us = FIRST_WAIT_US,
	                          .until_us =
	                                  clock_deadline_us(patience->clock, PKCS11_POOL_WAIT_MS)};
	enum msiv2_rc rc = MSIV2_OK;

	do {
		if (clock_left_us(patience->clock, patience->deadline_us) == 0)
			return pkcs11_too_late(trouble);
		rc = act_once(pool, &attempt, patience, act, ctx, trouble);
		if (rc == MSIV2_OK)
			return MSIV2_OK;
		rc = cure(pool, &attempt, patience, rc, trouble);
	} while (rc == MSIV2_OK);
	return rc;
}
