/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The nonces the attestation service gave out (ATT-03): good once, for NONCE_LIFETIME_S of world
 * time. The newest NONCES_MAX are remembered, used or not; older ones are unknown. Thread-safe
 * except new and free. */
#ifndef EMULATOR_NONCES_H
#define EMULATOR_NONCES_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/own.h"
#include "common/rng.h"

#define NONCE_LEN        32
#define NONCE_LIFETIME_S INT64_C(300)
#define NONCES_MAX       4096

struct nonces;

/* Makes an empty memory; `rng` is borrowed. */
MSIV2_MUST_USE enum msiv2_rc nonces_new(const struct rng *rng, struct nonces **out,
                                        struct msiv2_error *err);
/* Frees; NULL is allowed. */
void nonces_free(struct nonces *nonces);
DEFINE_OWNED_STRUCT(nonces, nonces_free)

/* Gives out a new one. MSIV2_INTERNAL without randomness. */
MSIV2_MUST_USE enum msiv2_rc nonces_give(struct nonces *nonces, int64_t now_s,
                                         uint8_t out[NONCE_LEN], struct msiv2_error *err);
/* Uses one up. NULL when it was good; otherwise what it is, as static text: "unknown", "used
 * before", "expired". */
const char *nonces_use(struct nonces *nonces, const uint8_t nonce[NONCE_LEN], int64_t now_s);
/* Forgets all. */
void nonces_reset(struct nonces *nonces);

#endif
