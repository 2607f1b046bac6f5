/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* An RSA key that signs tokens: loaded from the state directory, or made on a thread of its own
 * while everything else goes on. Each service that signs has one, in a file of its own. */
#ifndef EMULATOR_PKI_TOKEN_KEY_H
#define EMULATOR_PKI_TOKEN_KEY_H

#include <openssl/evp.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"

struct token_key;

/* Loads the key from `file` of the state directory, if it is there; state_dir NULL = memory only.
 * Errors as tokens_new(). Making one begins with token_key_prepare() or with whoever waits first.
 */
MSIV2_MUST_USE enum msiv2_rc token_key_new(const char *state_dir, const char *file,
                                           struct token_key **out, struct msiv2_error *err);
/* Starts making the key when there is none, and does not wait for it. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc token_key_prepare(struct token_key *key, struct msiv2_error *err);
/* Gives up a key still being made, then frees; NULL is allowed. */
void token_key_free(struct token_key *key);
DEFINE_OWNED_STRUCT(token_key, token_key_free)

/* The public part as a JWK (RFC 7517) can be told: base64url of modulus and exponent, and the
 * thumbprint (RFC 7638) that serves as kid. */
struct token_key_public {
	struct bytes n;
	struct bytes e;
	struct bytes kid;
};

/* How making the key ended, without waiting: MSIV2_OK also while it is still being made.
 * Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc token_key_look(struct token_key *key, struct msiv2_error *err);

/* Waits until the key is ready; both results are borrowed and valid as long as the key. The second
 * may be NULL. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc token_key_wait(struct token_key *key, EVP_PKEY **out,
                                            const struct token_key_public **public_part,
                                            struct msiv2_error *err);

/* Appends the JWKS document (RFC 7517): kty, use, alg, kid, n, e. Waits. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc token_key_jwks(struct token_key *key, struct bytes *out,
                                            struct msiv2_error *err);

#endif
