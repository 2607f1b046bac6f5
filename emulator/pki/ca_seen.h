/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Certificates whose signature was found good, by SHA-256 of the whole DER, so that a client that
 * comes again costs a hash instead of a verification. What is remembered is arithmetic, no verdict:
 * validity, usage and revocation are looked at every time. Bounded: a newer certificate takes the
 * place of an older one. Thread-safe. */
#ifndef EMULATOR_PKI_CA_SEEN_H
#define EMULATOR_PKI_CA_SEEN_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/own.h"

#define CA_SEEN_SLOTS 512

struct ca_seen;

/* Makes an empty memory; NULL when memory is out. */
struct ca_seen *ca_seen_new(void);
/* Frees; NULL is allowed. */
void ca_seen_free(struct ca_seen *seen);
DEFINE_OWNED_STRUCT(ca_seen, ca_seen_free)

/* The certificate with this hash was found good before. */
bool ca_seen_has(struct ca_seen *seen, const uint8_t sha256[32]);
/* Remembers that it was. */
void ca_seen_add(struct ca_seen *seen, const uint8_t sha256[32]);

#endif
