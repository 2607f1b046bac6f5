/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Having a key attested (ATT-01..04, docs/attestation.md): a nonce from the attestation service,
 * evidence from the key, a token in return, which goes to IMDS with the CSR. A token is kept until
 * five minutes before it runs out on the client's clock, by endpoint and public key; callers who
 * want the same at once ask once. Thread-safe. */
#ifndef REF_ATTESTATION_H
#define REF_ATTESTATION_H

#include <openssl/x509.h>

#include "attested.h"
#include "common/own.h"
#include "errand.h"
#include "keys/key.h"

struct attestation;

/* Asks nobody yet. `trust` (NULL = the system's anchors) is what the service's certificate is
 * judged by; no certificate of ours is shown to it. `clock` is borrowed. */
MSIV2_MUST_USE enum msiv2_rc attestation_new(X509_STORE *trust, const struct msiv2_clock *clock,
                                             struct attestation **out, struct msiv2_error *err);
/* Frees it with all tokens; nobody may be asking. NULL is allowed. */
void attestation_free(struct attestation *attestation);
DEFINE_OWNED_STRUCT(attestation, attestation_free)

/* A token for the key from the service at `endpoint`; the caller owns a reference. The key has to
 * be attestable (key_is_attestable()).
 *
 * MSIV2_ATTESTATION_FAILED with the service's status, code and words when it refuses, answers
 * what is no token, or the key gives no evidence (ATT-01). MSIV2_IMDS_MALFORMED when the
 * endpoint, which IMDS gave, is no https address. MSIV2_TRANSPORT and MSIV2_TIMEOUT keep their
 * class, for they are for other people to act on; their place is "attestation" too. */
MSIV2_MUST_USE enum msiv2_rc attestation_get(struct attestation *attestation,
                                             const struct errand *errand, const char *endpoint,
                                             struct key *key, struct attested **out,
                                             struct msiv2_error *err);

/* Forgets every token: one of them may be why a certificate was refused (ATT-06). */
void attestation_forget(struct attestation *attestation);

#endif
