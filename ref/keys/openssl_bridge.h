/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The one place where a key becomes an EVP_PKEY: an in-process OpenSSL 3 provider with key
 * management and signature for RSA. OpenSSL sees the public half and a signature function; asking
 * the EVP_PKEY for its private half fails, whatever the key's kind (KEY-05).
 *
 * A bridge has a library context of its own, so that a program which uses libmsiv2 finds its own
 * OpenSSL unchanged. Its EVP_PKEYs work in contexts and SSL_CTXs of the default library context
 * without further words: X509_REQ_sign_ctx(), SSL_CTX_use_PrivateKey(), TLS 1.2 and 1.3. They sign
 * with SHA-256, SHA-384 or SHA-512, PKCS#1 v1.5 or PSS with a salt as long as the digest, and
 * nothing else.
 *
 * EVP_PKEYs keep their key referenced. Free them, and whatever holds them (SSL_CTX, connections),
 * before the bridge; certificates that were compared with them may live on. Any thread may use a
 * bridge and its EVP_PKEYs, several at once. */
#ifndef REF_KEYS_OPENSSL_BRIDGE_H
#define REF_KEYS_OPENSSL_BRIDGE_H

#include <openssl/evp.h>

#include "key.h"

struct openssl_bridge;

/* Loads the provider. */
MSIV2_MUST_USE enum msiv2_rc openssl_bridge_new(struct openssl_bridge **out,
                                                struct msiv2_error *err);
/* Unloads it; NULL is allowed. */
void openssl_bridge_free(struct openssl_bridge *bridge);
DEFINE_OWNED_STRUCT(openssl_bridge, openssl_bridge_free)

/* An EVP_PKEY that signs through `key`. *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc openssl_bridge_pkey(struct openssl_bridge *bridge, struct key *key,
                                                 EVP_PKEY **out, struct msiv2_error *err);

#endif
