/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the three files of the bridge share: the key as OpenSSL's core holds it, and the two
 * dispatch tables of the provider. Nobody else includes this. */
#ifndef REF_KEYS_BRIDGE_INTERNAL_H
#define REF_KEYS_BRIDGE_INTERNAL_H

#include <openssl/core.h>
#include <openssl/evp.h>
#include <stdbool.h>

#include "key.h"

/* A property that only our algorithms have, and the parameter by which a key is handed over. */
#define BRIDGE_PROVIDER  "msiv2"
#define BRIDGE_PROPERTY  "provider=" BRIDGE_PROVIDER
#define BRIDGE_KEY_PARAM "msiv2-key"

/* The provider side of an EVP_PKEY. A certificate's public key that OpenSSL hands over to compare
 * it with ours has no `key`. The public half belongs to the default library context and so
 * outlives the bridge, wherever OpenSSL caches it. */
struct bridge_keydata {
	struct key *key;      /* one owner; NULL = public only */
	EVP_PKEY *public_key; /* one reference; NULL = empty */
};

/* Key management and signature for RSA. */
extern const OSSL_DISPATCH bridge_keymgmt[];
extern const OSSL_DISPATCH bridge_signature[];

#endif
