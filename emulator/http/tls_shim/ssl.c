/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A library named libssl.so, for a web server library that asks the dynamic linker for that name at
 * run time. It brings in the real libssl and adds the one symbol OpenSSL 3 renamed. Built only
 * where cmake/civetweb_tls.cmake finds that it is needed. */
#include <openssl/ssl.h>

#include "tls_shim.h"

#undef SSL_get_peer_certificate

/* The name this symbol had until OpenSSL 3. */
X509 *SSL_get_peer_certificate(const SSL *ssl);

__attribute__((visibility("default"))) X509 *SSL_get_peer_certificate(const SSL *ssl)
{
	return SSL_get1_peer_certificate(ssl);
}

__attribute__((visibility("default"))) int tls_shim_ssl(void)
{
	return 1;
}
