/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: names another machine in its request (CSR-03). */

#include "ref/csr.h"

enum msiv2_rc __real_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);
enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);

enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err)
{
	char other[] = "00000000-0000-4000-8000-000000000000";
	struct metadata moved = *metadata;

	moved.vm_id = other;
	return __real_csr_build(&moved, pkey, out, err);
}
