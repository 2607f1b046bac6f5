/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: writes the tenant where the client belongs (CSR-01). */

#include "ref/csr.h"

enum msiv2_rc __real_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);
enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);

enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err)
{
	struct metadata turned = *metadata;

	turned.client_id = metadata->tenant_id;
	turned.tenant_id = metadata->client_id;
	return __real_csr_build(&turned, pkey, out, err);
}
