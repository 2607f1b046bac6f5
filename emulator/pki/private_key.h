/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The emulator's own private keys: made, written as PEM for its state directory, read again. */
#ifndef EMULATOR_PKI_PRIVATE_KEY_H
#define EMULATOR_PKI_PRIVATE_KEY_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <stdatomic.h>

#include "common/bytes.h"
#include "common/err.h"

/* A new P-256 key, in well under a millisecond. */
MSIV2_MUST_USE enum msiv2_rc private_key_make_p256(EVP_PKEY **out, struct msiv2_error *err);

/* A new RSA-2048 key; takes some 150 ms, sometimes 600. Setting *cancel (optional) from another
 * thread makes it give up soon, with MSIV2_TIMEOUT. */
MSIV2_MUST_USE enum msiv2_rc private_key_make_rsa(atomic_bool *cancel, EVP_PKEY **out,
                                                  struct msiv2_error *err);

/* Appends PKCS#8 PEM, unencrypted; `out` should be a secret buffer. */
MSIV2_MUST_USE enum msiv2_rc private_key_to_pem(EVP_PKEY *key, struct bytes *out,
                                                struct msiv2_error *err);

/* The next private key in a PEM text; NULL when there is none. Never asks for a passphrase. Owned
 * by the caller. */
EVP_PKEY *private_key_from_pem(BIO *pem);

#endif
