/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: has a key certified that is not the one it uses (KEY-07). */

#include "ref/csr.h"

#include <openssl/rsa.h>

#include "ref/keys/key.h"

enum msiv2_rc __real_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);
enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err);

enum msiv2_rc __wrap_csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                               struct msiv2_error *err)
{
	EVP_PKEY *other = EVP_RSA_gen(KEY_RSA_BITS);
	enum msiv2_rc rc = __real_csr_build(metadata, other != NULL ? other : pkey, out, err);

	EVP_PKEY_free(other);
	return rc;
}
