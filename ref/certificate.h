/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What may be known of a binding certificate by anybody: the public object of msiv2.h. Immutable
 * and reference-counted; holds no key and no connection, so it may outlive the client. */
#ifndef REF_CERTIFICATE_H
#define REF_CERTIFICATE_H

#include "common/own.h"
#include "common/x509.h"
#include "include/msiv2.h"
#include "issue.h"
#include "keys/key.h"

DEFINE_OWNED_STRUCT(msiv2_certificate, msiv2_certificate_free)

/* How a client came by a certificate. */
enum certificate_origin { CERTIFICATE_ISSUED, CERTIFICATE_STORED };

/* Describes a certificate (already judged by issue_check()), the key behind it, and where it came
 * from. */
MSIV2_MUST_USE enum msiv2_rc certificate_new(const struct issue *issue, const struct key *key,
                                             enum certificate_origin origin,
                                             struct msiv2_certificate **out,
                                             struct msiv2_error *err);
/* How long the legs of getting it took: told once, while it has one owner. */
void certificate_set_timings(struct msiv2_certificate *certificate,
                             const struct msiv2_timings *timings);
/* One more owner; msiv2_certificate_free() is one less. */
struct msiv2_certificate *certificate_ref(struct msiv2_certificate *certificate);
/* SHA-256 of the DER, X509_SHA256_LEN bytes. */
const uint8_t *certificate_thumbprint(const struct msiv2_certificate *certificate);

#endif
