/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/rsa_numbers.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "common/encoding.h"
#include "common/x509.h"

static enum msiv2_rc add_number(EVP_PKEY *pkey, const char *param, struct bytes *out,
                                struct msiv2_error *err)
{
	OWNED(BIGNUM) *number = NULL;
	uint8_t big_endian[512];
	int len;

	if (EVP_PKEY_get_bn_param(pkey, param, &number) != 1 ||
	    BN_num_bytes(number) > (int)sizeof(big_endian))
		return err_openssl(err, MSIV2_INTERNAL, "tokens", "cannot read the public key");
	len = BN_bn2bin(number, big_endian);
	base64url_encode(big_endian, (size_t)len, out);
	return bytes_done(out, "tokens", err);
}

enum msiv2_rc rsa_numbers(EVP_PKEY *key, struct bytes *n, struct bytes *e, struct msiv2_error *err)
{
	TRY(add_number(key, OSSL_PKEY_PARAM_RSA_N, n, err));
	return add_number(key, OSSL_PKEY_PARAM_RSA_E, e, err);
}
