/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: talks to the token service without its certificate (STS-01). */

#include <openssl/ssl.h>

int __wrap_SSL_CTX_use_certificate(SSL_CTX *ctx, X509 *certificate);
int __wrap_SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *pkey);

int __wrap_SSL_CTX_use_certificate(SSL_CTX *ctx, X509 *certificate)
{
	(void)ctx;
	(void)certificate;
	return 1;
}

int __wrap_SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *pkey)
{
	(void)ctx;
	(void)pkey;
	return 1;
}
