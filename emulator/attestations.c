/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "attestations.h"

#include <pthread.h>
#include <string.h>

#include "common/mem.h"

#define WHERE "attestations"

struct attestations {
	pthread_mutex_t lock;
	struct attestation {
		uint8_t sha256[X509_SHA256_LEN];
		unsigned faults;
	} ring[ATTESTATIONS_MAX];
	size_t next;
	size_t count;
};

enum msiv2_rc attestations_new(struct attestations **out, struct msiv2_error *err)
{
	*out = mem_alloc(sizeof(**out));
	if (*out == NULL)
		return err_no_memory(err, WHERE);
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	return MSIV2_OK;
}

void attestations_free(struct attestations *attestations)
{
	if (attestations == NULL)
		return;
	(void)pthread_mutex_destroy(&attestations->lock);
	mem_free(attestations);
}

void attestations_add(struct attestations *attestations, const uint8_t sha256[X509_SHA256_LEN],
                      unsigned faults)
{
	struct attestation *slot;

	if (faults == 0)
		return;
	(void)pthread_mutex_lock(&attestations->lock);
	slot = &attestations->ring[attestations->next];
	attestations->next = (attestations->next + 1) % ATTESTATIONS_MAX;
	if (attestations->count < ATTESTATIONS_MAX)
		attestations->count++;
	memcpy(slot->sha256, sha256, X509_SHA256_LEN);
	slot->faults = faults;
	(void)pthread_mutex_unlock(&attestations->lock);
}

unsigned attestations_faults(struct attestations *attestations,
                             const uint8_t sha256[X509_SHA256_LEN])
{
	unsigned faults = 0;

	(void)pthread_mutex_lock(&attestations->lock);
	for (size_t i = 0; i < attestations->count && faults == 0; i++)
		if (memcmp(attestations->ring[i].sha256, sha256, X509_SHA256_LEN) == 0)
			faults = attestations->ring[i].faults;
	(void)pthread_mutex_unlock(&attestations->lock);
	return faults;
}

void attestations_reset(struct attestations *attestations)
{
	(void)pthread_mutex_lock(&attestations->lock);
	attestations->next = 0;
	attestations->count = 0;
	(void)pthread_mutex_unlock(&attestations->lock);
}
