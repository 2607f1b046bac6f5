/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: signs its request with PKCS#1 v1.5 (CSR-04). */

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "common/text.h"

/* The request is signed through the bridge, everything else by a key of OpenSSL's own. */
static bool for_request(EVP_PKEY_CTX *ctx)
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(EVP_PKEY_CTX_get0_pkey(ctx));

	return provider != NULL && !text_equal(OSSL_PROVIDER_get0_name(provider), "default");
}

int __real_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding);
int __wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding);
int __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int salt_len);
int __wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int salt_len);

int __wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding)
{
	return __real_EVP_PKEY_CTX_set_rsa_padding(ctx,
	                                           for_request(ctx) ? RSA_PKCS1_PADDING : padding);
}

int __wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int salt_len)
{
	return for_request(ctx) ? 1 : __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt_len);
}
