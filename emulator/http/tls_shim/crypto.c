/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A library named libcrypto.so: see ssl.c. The reference to OpenSSL keeps the real library among
 * its dependencies, where lookups through this one's handle find it. */
#include <openssl/crypto.h>

#include "tls_shim.h"

__attribute__((visibility("default"))) int tls_shim_crypto(void)
{
	return OPENSSL_version_major() >= 3;
}
