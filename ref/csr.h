/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The PKCS#10 request (CSR-01..06), built from platform metadata and signed by the key. */
#ifndef REF_CSR_H
#define REF_CSR_H

#include <openssl/evp.h>

#include "common/bytes.h"
#include "common/err.h"
#include "metadata.h"

/* Appends the DER of a request signed with RSASSA-PSS by `pkey` (from the bridge).
 * MSIV2_KEY_UNAVAILABLE when it is not RSA-2048 or does not sign, with the key's reason;
 * MSIV2_IMDS_MALFORMED when clientId or tenantId cannot stand in a subject. On failure *out is
 * unchanged but for a failed append. */
MSIV2_MUST_USE enum msiv2_rc csr_build(const struct metadata *metadata, EVP_PKEY *pkey,
                                       struct bytes *out, struct msiv2_error *err);
/* Appends the compact JSON of cuId as the attribute carries it: {"vmId":"..","vmssId":".."} with
 * absent members omitted (CSR-03). */
MSIV2_MUST_USE enum msiv2_rc csr_cuid_json(const struct metadata *metadata, struct bytes *out,
                                           struct msiv2_error *err);

#endif
