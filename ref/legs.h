/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The legs of an acquisition up to the certificate, each timed, logged, and told to those who wait
 * at the mint gate. Errors are those of the party that is asked. */
#ifndef REF_LEGS_H
#define REF_LEGS_H

#include "acquisition.h"
#include "issue.h"
#include "metadata.h"

/* A leg that began at started_us (monotonic) is over. One that is taken more than once in an
 * acquisition adds up. */
void leg_done(struct acquisition *a, int64_t *leg_us, const char *name, int64_t started_us);

/* Time spent with the store since started_us, which adds up. It is not logged: there are several
 * such times, and mostly short ones. */
void leg_store(struct acquisition *a, int64_t started_us);

/* How long one step of a leg may take before those who wait at the mint gate mint alone. */
#define LEG_QUIET_S 60
/* The lifesign of an acquisition, which is its ctx: tells those who wait at the mint gate while it
 * is held, a few times a second at most. */
void leg_lives(void *ctx, bool step);

/* The client's key, also through the bridge; both are owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc leg_key(struct acquisition *a, struct key **key, EVP_PKEY **pkey,
                                     struct msiv2_error *err);
/* META-01 */
MSIV2_MUST_USE enum msiv2_rc leg_metadata(struct acquisition *a, struct metadata *host,
                                          struct msiv2_error *err);
/* CSR-*: appends the DER. A key that does not sign is forgotten. */
MSIV2_MUST_USE enum msiv2_rc leg_csr(struct acquisition *a, const struct metadata *host,
                                     const struct key *key, EVP_PKEY *pkey, struct bytes *der,
                                     struct msiv2_error *err);
/* ATT-01, ATT-02: *attested stays NULL when nobody asked for attestation, or the key's kind knows
 * none. */
MSIV2_MUST_USE enum msiv2_rc leg_attestation(struct acquisition *a, const struct metadata *host,
                                             struct key *key, struct attested **attested,
                                             struct msiv2_error *err);
/* ISSUE-01, ISSUE-02; not judged yet. */
MSIV2_MUST_USE enum msiv2_rc leg_issue(struct acquisition *a, const struct bytes *der,
                                       const struct attested *attested, bool bypass_cache,
                                       struct issue *issue, struct msiv2_error *err);

#endif
