/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Which client certificates the token service no longer accepts, by the SHA-256 of their DER.
 *
 * "All" means every certificate issued until that moment, also by another emulator on the same
 * state directory: decided by when a certificate was issued, and, because world time can stand
 * still or go back, by the set of those issued after the moment with no later time to show for it.
 * Thread-safe except new and free. */
#ifndef EMULATOR_REVOCATIONS_H
#define EMULATOR_REVOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/own.h"
#include "common/x509.h"

struct revocations;

/* Makes an empty set. */
MSIV2_MUST_USE enum msiv2_rc revocations_new(struct revocations **out, struct msiv2_error *err);
/* Frees; NULL is allowed. */
void revocations_free(struct revocations *revocations);
DEFINE_OWNED_STRUCT(revocations, revocations_free)

/* Tells of a certificate issued at issued_s. */
MSIV2_MUST_USE enum msiv2_rc revocations_issued(struct revocations *revocations,
                                                const uint8_t sha256[X509_SHA256_LEN],
                                                int64_t issued_s, struct msiv2_error *err);
/* Revokes one certificate. */
MSIV2_MUST_USE enum msiv2_rc revocations_add(struct revocations *revocations,
                                             const uint8_t sha256[X509_SHA256_LEN],
                                             struct msiv2_error *err);
/* The same by the hex of the SHA-256; MSIV2_CONFIG when it is not 64 hex digits. */
MSIV2_MUST_USE enum msiv2_rc revocations_add_hex(struct revocations *revocations,
                                                 const char *sha256, struct msiv2_error *err);
/* Revokes everything issued until now. */
void revocations_add_all(struct revocations *revocations, int64_t now_s);
/* A certificate issued at issued_s is revoked. */
bool revocations_has(struct revocations *revocations, const uint8_t sha256[X509_SHA256_LEN],
                     int64_t issued_s);
/* Forgets everything. */
void revocations_reset(struct revocations *revocations);

#endif
