/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/ca_seen.h"

#include <pthread.h>
#include <string.h>

#include "common/mem.h"

#define HASH_LEN 32

struct ca_seen {
	pthread_mutex_t lock;
	uint8_t slots[CA_SEEN_SLOTS][HASH_LEN];
};

struct ca_seen *ca_seen_new(void)
{
	struct ca_seen *seen = mem_alloc(sizeof(*seen));

	if (seen != NULL)
		(void)pthread_mutex_init(&seen->lock, NULL);
	return seen;
}

void ca_seen_free(struct ca_seen *seen)
{
	if (seen == NULL)
		return;
	(void)pthread_mutex_destroy(&seen->lock);
	mem_free(seen);
}

/* A hash is as good as random: its first bytes choose the slot. */
static uint8_t *slot_of(struct ca_seen *seen, const uint8_t *sha256)
{
	return seen->slots[(sha256[0] << 8 | sha256[1]) % CA_SEEN_SLOTS];
}

bool ca_seen_has(struct ca_seen *seen, const uint8_t sha256[HASH_LEN])
{
	bool has;

	(void)pthread_mutex_lock(&seen->lock);
	has = memcmp(slot_of(seen, sha256), sha256, HASH_LEN) == 0;
	(void)pthread_mutex_unlock(&seen->lock);
	return has;
}

void ca_seen_add(struct ca_seen *seen, const uint8_t sha256[HASH_LEN])
{
	(void)pthread_mutex_lock(&seen->lock);
	memcpy(slot_of(seen, sha256), sha256, HASH_LEN);
	(void)pthread_mutex_unlock(&seen->lock);
}
