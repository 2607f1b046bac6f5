/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: names a salt of 20 bytes in its request (CSR-04). */

#include <string.h>

#include "ref/csr.h"

enum msiv2_rc __real_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);
enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);

enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err)
{
	static const uint8_t salt[] = {0xA2, 0x03, 0x02, 0x01, 32};
	enum msiv2_rc rc = __real_csr_build(metadata, pkey, out, err);
	uint8_t *at = rc == MSIV2_OK ? memmem(out->data, out->len, salt, sizeof(salt)) : NULL;

	if (at != NULL)
		at[4] = 20;
	return rc;
}
