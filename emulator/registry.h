/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the world has issued: the newest REGISTRY_MAX certificates and as many tokens, as they were
 * handed out, for whoever looks at the world from outside. Nothing is decided by it.
 *
 * Two rings, one for each kind, with sequence numbers of their own that go on after a reset. Tokens
 * stay in memory that is overwritten when they go, and nothing here or above shows one (SEC-01):
 * they are kept whole because only a whole token has a signature to be checked. Thread-safe except
 * new and free. */
#ifndef EMULATOR_REGISTRY_H
#define EMULATOR_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"

#define REGISTRY_MAX     512 /* items of a kind */
#define REGISTRY_ID_SIZE 64
#define REGISTRY_BYTES_MAX                                                                         \
	((size_t)32 * 1024) /* of one item; longer ones are counted as dropped                     \
	                     */

enum registry_kind {
	REGISTRY_CERTIFICATE, /* its DER */
	REGISTRY_TOKEN,       /* its compact JWT */
	REGISTRY_KINDS
};

/* What is known about an item besides itself. `{0}` is valid; "" = not known. */
struct registry_facts {
	int64_t issued_s; /* world time */
	char client_id[REGISTRY_ID_SIZE];
	char host[REGISTRY_ID_SIZE];
	char correlation_id[REGISTRY_ID_SIZE];
	unsigned attestation_faults; /* bits of attest_token_check.h */
	bool attested;               /* an attestation token came with the request */
};

/* One item, copied out. `{0}` is valid. */
struct registry_item {
	uint64_t seq; /* from 1 */
	struct registry_facts facts;
	struct bytes content; /* owned */
};

struct registry;

/* Makes an empty registry. */
MSIV2_MUST_USE enum msiv2_rc registry_new(struct registry **out, struct msiv2_error *err);
/* Frees and overwrites; NULL is allowed. */
void registry_free(struct registry *registry);
DEFINE_OWNED_STRUCT(registry, registry_free)

/* Remembers an item; the oldest of its kind goes when there are too many. What memory is too short
 * for is not remembered but counted as dropped: issuing never fails for it. */
void registry_add(struct registry *registry, enum registry_kind kind,
                  const struct registry_facts *facts, const void *content, size_t len);
/* Copies the oldest item whose sequence number is at least `seq` into *out (what it held is freed).
 * MSIV2_OK with out->seq == 0 when there is none. */
MSIV2_MUST_USE enum msiv2_rc registry_from(struct registry *registry, enum registry_kind kind,
                                           uint64_t seq, struct registry_item *out,
                                           struct msiv2_error *err);
/* The sequence number that the next item of the kind gets. */
uint64_t registry_next(struct registry *registry, enum registry_kind kind);
/* How many items of the kind are no longer here, or never were. */
uint64_t registry_dropped(struct registry *registry, enum registry_kind kind);
/* Forgets all items and drops; sequence numbers go on. */
void registry_reset(struct registry *registry);

/* Frees what an item owns and zeroes it. */
void registry_item_free(struct registry_item *item);
DEFINE_OWNED_VALUE(registry_item, registry_item_free)

#endif
