/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What was wrong with the attestation tokens certificates were issued for, by the SHA-256 of the
 * certificate's DER (ATT-06). A certificate that is not here has nothing held against it: issued
 * with a good token, or without one, or by another emulator. The newest ATTESTATIONS_MAX faults are
 * remembered. Thread-safe except new and free. */
#ifndef EMULATOR_ATTESTATIONS_H
#define EMULATOR_ATTESTATIONS_H

#include <stdint.h>

#include "common/err.h"
#include "common/own.h"
#include "common/x509.h"

#define ATTESTATIONS_MAX 4096

struct attestations;

/* Makes an empty memory. */
MSIV2_MUST_USE enum msiv2_rc attestations_new(struct attestations **out, struct msiv2_error *err);
/* Frees; NULL is allowed. */
void attestations_free(struct attestations *attestations);
DEFINE_OWNED_STRUCT(attestations, attestations_free)

/* Remembers the faults (bits of attest_token_check.h) of a certificate's token; 0 is not kept. */
void attestations_add(struct attestations *attestations, const uint8_t sha256[X509_SHA256_LEN],
                      unsigned faults);
/* The faults of a certificate's token; 0 = none known. */
unsigned attestations_faults(struct attestations *attestations,
                             const uint8_t sha256[X509_SHA256_LEN]);
/* Forgets all. */
void attestations_reset(struct attestations *attestations);

#endif
