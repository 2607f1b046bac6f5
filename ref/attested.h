/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Attestation tokens a client holds (ATT-04), each by the endpoint that gave it and the public key
 * it is about. Few: one per key and endpoint. The list is thread-safe; a token is immutable,
 * reference-counted and overwritten when the last owner lets go (SEC-01). */
#ifndef REF_ATTESTED_H
#define REF_ATTESTED_H

#include <stdint.h>

#include "attestation_answer.h"
#include "common/own.h"

#define ATTESTED_FRESH_LEFT_S (INT64_C(5) * 60) /* ATT-04 */

struct attested;
struct attested_list;

/* Takes the answer's token over; the answer is empty afterwards. NULL when memory is out, and the
 * answer untouched. `name` stands for endpoint and key. */
struct attested *attested_new(const char *name, struct attestation_answer *answer);
/* One more owner. */
struct attested *attested_ref(struct attested *attested);
/* One owner less. NULL is allowed. */
void attested_free(struct attested *attested);
DEFINE_OWNED_STRUCT(attested, attested_free)
/* The token: a secret. */
const char *attested_token(const struct attested *attested);
/* More than five minutes are left at now_s. */
bool attested_is_usable(const struct attested *attested, int64_t now_s);

/* Makes an empty list; NULL when memory is out. */
struct attested_list *attested_list_new(void);
/* Frees it; NULL is allowed. */
void attested_list_free(struct attested_list *list);
DEFINE_OWNED_STRUCT(attested_list, attested_list_free)
/* A usable token of that name, or NULL. The caller owns a reference. */
struct attested *attested_list_find(struct attested_list *list, const char *name, int64_t now_s);
/* Keeps a token in place of those of the same name and of those that have run out. */
void attested_list_put(struct attested_list *list, struct attested *attested, int64_t now_s);
/* Forgets them all. */
void attested_list_clear(struct attested_list *list);

#endif
