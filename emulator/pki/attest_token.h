/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The attestation service's tokens (ATT-04): JWTs signed RS256 with a key of its own, not the token
 * service's. The claims are this project's invention; docs/attestation.md lists them. */
#ifndef EMULATOR_PKI_ATTEST_TOKEN_H
#define EMULATOR_PKI_ATTEST_TOKEN_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "common/rng.h"
#include "emulator/pki/attest.h"
#include "emulator/pki/attest_token_check.h"
#include "emulator/pki/jwt.h"

struct attest_tokens;

/* Loads the signing key from state_dir (attestation-key.pem, 0600) if it is there; state_dir NULL =
 * memory only. Errors as tokens_new(). Most worlds never attest anything, so a key that is not
 * there is made only when attest_tokens_prepare() asks for it, or the first one who needs it.
 * `rng` (borrowed) is for jti. */
MSIV2_MUST_USE enum msiv2_rc attest_tokens_new(const char *state_dir, const struct rng *rng,
                                               struct attest_tokens **out, struct msiv2_error *err);
/* Frees; NULL is allowed. No other thread may still be using it. */
void attest_tokens_free(struct attest_tokens *tokens);
DEFINE_OWNED_STRUCT(attest_tokens, attest_tokens_free)

/* Starts making the key, on a thread of its own, when there is none. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc attest_tokens_prepare(struct attest_tokens *tokens,
                                                   struct msiv2_error *err);

/* What a token says. */
struct attest_claims {
	const char *base; /* {maa}: iss, and jku with "/certs" behind it */
	enum attest_kind kind;
	const char *nonce;
	const char *n; /* base64url of the attested key's numbers */
	const char *e;
	int64_t issued_at_s;             /* iat, nbf */
	int64_t expires_at_s;            /* exp */
	const struct jwt_editor *editor; /* has the last word; NULL = nobody */
};
/* Appends a signed compact JWT with a random jti, which is copied to `jti`. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc attest_tokens_issue(struct attest_tokens *tokens,
                                                 const struct attest_claims *claims,
                                                 struct bytes *out, char jti[UUID_TEXT_SIZE],
                                                 struct msiv2_error *err);
/* Appends the JWKS document. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc attest_tokens_jwks(struct attest_tokens *tokens, struct bytes *out,
                                                struct msiv2_error *err);

/* What is wrong with a token (ATT-06): bits of attest_token_check.h, with the key and its kid
 * filled in. MSIV2_INTERNAL when there is no key. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc attest_tokens_check(struct attest_tokens *tokens, const char *jwt,
                                                 struct attest_token_want *want, unsigned *faults,
                                                 struct msiv2_error *err);

#endif
