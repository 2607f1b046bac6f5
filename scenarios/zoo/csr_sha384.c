/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: signs its request with SHA-384 (CSR-04). */

#include <openssl/evp.h>
#include <openssl/rsa.h>

int __real_EVP_DigestSignInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **options, const char *digest,
                                 OSSL_LIB_CTX *library, const char *properties, EVP_PKEY *pkey,
                                 const OSSL_PARAM params[]);
int __wrap_EVP_DigestSignInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **options, const char *digest,
                                 OSSL_LIB_CTX *library, const char *properties, EVP_PKEY *pkey,
                                 const OSSL_PARAM params[]);
int __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int salt_len);
int __wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int salt_len);

int __wrap_EVP_DigestSignInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **options, const char *digest,
                                 OSSL_LIB_CTX *library, const char *properties, EVP_PKEY *pkey,
                                 const OSSL_PARAM params[])
{
	(void)digest;
	return __real_EVP_DigestSignInit_ex(ctx, options, "SHA384", library, properties, pkey,
	                                    params);
}

int __wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int salt_len)
{
	return __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt_len == 32 ? 48 : salt_len);
}
