/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "revocations.h"

#include <pthread.h>
#include <string.h>

#include "common/encoding.h"
#include "common/mem.h"

#define WHERE      "revocations"
#define FIRST_SIZE 64U

/* A set of thumbprints: open addressing, at most half full, and the thumbprint is its own hash. */
struct set {
	uint8_t (*slots)[X509_SHA256_LEN]; /* all zeroes = empty; no SHA-256 is that in practice */
	size_t size;                       /* a power of two, or 0 */
	size_t count;
};

struct revocations {
	pthread_mutex_t lock;
	struct set revoked;
	struct set issued_since; /* issued after revoke-all while world time was <= all_s */
	bool all;
	int64_t all_s;
};

/* The slot that holds the thumbprint, or the empty one where it belongs. */
static uint8_t *find_slot(const struct set *set, const uint8_t *sha256)
{
	static const uint8_t empty[X509_SHA256_LEN];
	size_t hash;

	memcpy(&hash, sha256, sizeof(hash));
	for (size_t i = hash & (set->size - 1);; i = (i + 1) & (set->size - 1))
		if (memcmp(set->slots[i], sha256, X509_SHA256_LEN) == 0 ||
		    memcmp(set->slots[i], empty, X509_SHA256_LEN) == 0)
			return set->slots[i];
}

static bool set_has(const struct set *set, const uint8_t *sha256)
{
	return set->count > 0 && memcmp(find_slot(set, sha256), sha256, X509_SHA256_LEN) == 0;
}

static void set_free(struct set *set)
{
	mem_free(set->slots);
	*set = (struct set){0};
}

static bool set_grow(struct set *set)
{
	struct set bigger = {.size = set->size ? set->size * 2 : FIRST_SIZE, .count = set->count};

	bigger.slots = mem_alloc(bigger.size * sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < set->size; i++)
		memcpy(find_slot(&bigger, set->slots[i]), set->slots[i], X509_SHA256_LEN);
	set_free(set);
	*set = bigger;
	return true;
}

static enum msiv2_rc set_add(struct set *set, const uint8_t *sha256, struct msiv2_error *err)
{
	if (set_has(set, sha256))
		return MSIV2_OK;
	if (set->count * 2 >= set->size && !set_grow(set))
		return err_no_memory(err, WHERE);
	memcpy(find_slot(set, sha256), sha256, X509_SHA256_LEN);
	set->count++;
	return MSIV2_OK;
}

enum msiv2_rc revocations_new(struct revocations **out, struct msiv2_error *err)
{
	*out = mem_alloc(sizeof(**out));
	if (!*out)
		return err_no_memory(err, WHERE);
	pthread_mutex_init(&(*out)->lock, NULL);
	return MSIV2_OK;
}

void revocations_free(struct revocations *revocations)
{
	if (!revocations)
		return;
	set_free(&revocations->revoked);
	set_free(&revocations->issued_since);
	pthread_mutex_destroy(&revocations->lock);
	mem_free(revocations);
}

enum msiv2_rc revocations_issued(struct revocations *revocations,
                                 const uint8_t sha256[X509_SHA256_LEN], int64_t issued_s,
                                 struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_OK;

	pthread_mutex_lock(&revocations->lock);
	if (revocations->all && issued_s <= revocations->all_s)
		rc = set_add(&revocations->issued_since, sha256, err);
	pthread_mutex_unlock(&revocations->lock);
	return rc;
}

enum msiv2_rc revocations_add(struct revocations *revocations,
                              const uint8_t sha256[X509_SHA256_LEN], struct msiv2_error *err)
{
	enum msiv2_rc rc;

	pthread_mutex_lock(&revocations->lock);
	rc = set_add(&revocations->revoked, sha256, err);
	pthread_mutex_unlock(&revocations->lock);
	return rc;
}

enum msiv2_rc revocations_add_hex(struct revocations *revocations, const char *sha256,
                                  struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) raw = {0};

	if (strlen(sha256) != 2 * (size_t)X509_SHA256_LEN ||
	    !hex_decode(sha256, strlen(sha256), &raw) || raw.len != X509_SHA256_LEN)
		return err_set(err, MSIV2_CONFIG, "sha256", "64 hex digits are expected");
	return revocations_add(revocations, raw.data, err);
}

void revocations_add_all(struct revocations *revocations, int64_t now_s)
{
	pthread_mutex_lock(&revocations->lock);
	/* Certificates from a time that was turned back stay revoked. */
	if (!revocations->all || now_s > revocations->all_s)
		revocations->all_s = now_s;
	revocations->all = true;
	set_free(&revocations->issued_since);
	pthread_mutex_unlock(&revocations->lock);
}

bool revocations_has(struct revocations *revocations, const uint8_t sha256[X509_SHA256_LEN],
                     int64_t issued_s)
{
	bool has;

	pthread_mutex_lock(&revocations->lock);
	has = set_has(&revocations->revoked, sha256);
	if (!has && revocations->all && issued_s <= revocations->all_s)
		has = !set_has(&revocations->issued_since, sha256);
	pthread_mutex_unlock(&revocations->lock);
	return has;
}

void revocations_reset(struct revocations *revocations)
{
	pthread_mutex_lock(&revocations->lock);
	set_free(&revocations->revoked);
	set_free(&revocations->issued_since);
	revocations->all = false;
	pthread_mutex_unlock(&revocations->lock);
}
