/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_container.h"

#include "common/clock.h"
#include "common/rng.h"
#include "pkcs11_turn.h"

#define ROUNDS       16
#define COLLISION_US (200 * CLOCK_US_PER_MS)
#define SETTLE_LOOKS 10
#define SETTLE_US    (20 * CLOCK_US_PER_MS)

static bool may_wait(const struct keyguard_container *container, int64_t wait_us)
{
	const struct pkcs11_patience *patience = container->patience;

	if (clock_left_us(patience->clock, patience->deadline_us) <= wait_us)
		return false;
	clock_wait_us(patience->clock, wait_us);
	return true;
}

static enum msiv2_rc find(const struct keyguard_container *container, unsigned *count,
                          struct keyguard_pair *out, struct pkcs11_trouble *trouble)
{
	return keyguard_pair_find(container->pool, container->patience, container->label, count,
	                          out, trouble);
}

/* Finds; two at once are makers about to settle it, so it looks again before it takes one. */
static enum msiv2_rc find_settled(const struct keyguard_container *container, unsigned *count,
                                  struct keyguard_pair *out, struct pkcs11_trouble *trouble)
{
	TRY(find(container, count, out, trouble));
	for (int i = 0; i<SETTLE_LOOKS && * count> 1 && may_wait(container, SETTLE_US); i++)
		TRY(find(container, count, out, trouble));
	if (*count > 1)
		log_line(container->log, MSIV2_LOG_WARN,
		         "keyguard: %u keys named \"%s\"; using the one with the smallest modulus",
		         *count, container->label);
	return MSIV2_OK;
}

static enum msiv2_rc probe(const struct keyguard_container *container,
                           const struct keyguard_pair *pair, bool *alive,
                           struct pkcs11_trouble *trouble)
{
	const struct keyguard_signer signer = {container->pool, container->label, pair->modulus};

	return keyguard_probe(&signer, container->patience, pair->public_key, alive, trouble);
}

static enum msiv2_rc destroy(const struct keyguard_container *container,
                             const struct keyguard_pair *pair, struct pkcs11_trouble *trouble)
{
	return keyguard_pair_destroy(container->pool, container->patience, container->label,
	                             pair->modulus, trouble);
}

/* KEY-08: *found = there is a pair and it signs. One that does not is destroyed when `replace`
 * says so, which only the holder of the turn does. */
static enum msiv2_rc get_live(const struct keyguard_container *container, bool replace, bool *found,
                              struct keyguard_pair *out, struct pkcs11_trouble *trouble)
{
	OWNED_STRUCT(keyguard_pair) pair = {0};
	unsigned count = 0;
	bool alive = false;

	*found = false;
	TRY(find_settled(container, &count, &pair, trouble));
	if (count == 0)
		return MSIV2_OK;
	TRY(probe(container, &pair, &alive, trouble));
	if (alive) {
		*found = true;
		*out = steal(&pair);
		return MSIV2_OK;
	}
	if (!replace)
		return MSIV2_OK;
	log_line(container->log, MSIV2_LOG_WARN, "keyguard: the key is dead and is replaced: %s",
	         msiv2_error_message(&trouble->error));
	return destroy(container, &pair, trouble);
}

/* Makes one and proves it. *alone = false: somebody else's is there too, and ours is gone again. */
static enum msiv2_rc make(const struct keyguard_container *container, bool *alone,
                          struct keyguard_pair *out, struct pkcs11_trouble *trouble)
{
	OWNED_STRUCT(keyguard_pair) pair = {0};
	OWNED_STRUCT(keyguard_pair) seen = {0};
	struct pkcs11_trouble ignored = {0};
	unsigned count = 0;
	bool alive = false;
	enum msiv2_rc rc;

	TRY(keyguard_pair_make(container->pool, container->patience, container->label, &pair,
	                       trouble));
	rc = probe(container, &pair, &alive, trouble);
	if (rc == MSIV2_OK)
		rc = alive ? find(container, &count, &seen, trouble) : MSIV2_KEY_UNAVAILABLE;
	*alone = count == 1;
	if (rc == MSIV2_OK && *alone) {
		*out = steal(&pair);
		return MSIV2_OK;
	}
	(void)!destroy(container, &pair, &ignored);
	return rc;
}

/* One round, holding the turn when it can be had. */
static enum msiv2_rc take_turn(const struct keyguard_container *container, bool *done,
                               struct keyguard_pair *out, struct pkcs11_trouble *trouble)
{
	OWNED_STRUCT(pkcs11_turn) turn = {0};

	pkcs11_turn_take(&turn, PKCS11_TURN_MAKE, container->module_path, container->patience);
	TRY(get_live(container, true, done, out, trouble)); /* KEY-04: the second look */
	return *done ? MSIV2_OK : make(container, done, out, trouble);
}

/* Somebody who only looks makes none; a dead key's trouble has been told already. */
static enum msiv2_rc none_of_use(const struct keyguard_container *container,
                                 struct pkcs11_trouble *trouble)
{
	if (trouble->error.rc != MSIV2_OK)
		return trouble->error.rc;
	return pkcs11_says(trouble, KEY_LACK_ABSENT, "there is no key named \"%s\"",
	                   container->label);
}

enum msiv2_rc keyguard_container_get(const struct keyguard_container *container,
                                     struct keyguard_pair *out, struct pkcs11_trouble *trouble)
{
	bool done = false;

	TRY(get_live(container, false, &done, out, trouble));
	if (!done && container->existing)
		return none_of_use(container, trouble);
	for (int round = 0; round < ROUNDS && !done; round++) {
		if (round > 0 &&
		    !may_wait(container, (int64_t)rng_below(rng_system(), COLLISION_US)))
			return pkcs11_too_late(trouble);
		TRY(take_turn(container, &done, out, trouble));
	}
	return done ? MSIV2_OK
	            : pkcs11_says(trouble, KEY_LACK_BROKEN,
	                          "others make keys named \"%s\" at the same time, again and again",
	                          container->label);
}
