/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Access tokens (TOK-01): JWTs signed RS256 with a key published as JWKS, and their check at the
 * resource. The RSA key is made on a thread of its own, so that starting never waits for it; the
 * first signature does. */
#ifndef EMULATOR_PKI_TOKENS_H
#define EMULATOR_PKI_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "common/rng.h"

struct tokens;

/* Starts making (or loads from state_dir, file 0600) the signing key. */
MSIV2_MUST_USE enum msiv2_rc tokens_new(const char *state_dir, const struct rng *rng,
                                        struct tokens **out, struct msiv2_error *err);
/* Waits for a key still being made, then frees. NULL is allowed. */
void tokens_free(struct tokens *tokens);
DEFINE_OWNED_STRUCT(tokens, tokens_free)

/* The claims of one token. */
struct token_claims {
	const char *issuer;    /* iss */
	const char *audience;  /* aud: the resource */
	const char *tenant_id; /* tid */
	const char *client_id; /* appid */
	const char *object_id; /* oid, sub */
	const char *mi_res_id; /* xms_mirid, NULL = left out */
	const char *x5t_s256;  /* cnf.x5t#S256 and xms_tb; NULL = a bearer token without cnf */
	int64_t issued_at_s;   /* iat, nbf */
	int64_t expires_at_s;  /* exp */
};

/* Appends a signed compact JWT with a random jti. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc tokens_issue(struct tokens *tokens, const struct token_claims *claims,
                                          struct bytes *out, struct msiv2_error *err);

/* Appends the JWKS document (RFC 7517): kty, use, alg, kid, n, e. */
MSIV2_MUST_USE enum msiv2_rc tokens_jwks(struct tokens *tokens, struct bytes *out,
                                         struct msiv2_error *err);

/* What a presented token says, once its signature is good. */
struct token_facts {
	char audience[256];
	char client_id[64];
	char tenant_id[64];
	char x5t_s256[64]; /* "" = no cnf */
	int64_t not_before_s, expires_at_s;
};
enum token_verdict { TOKEN_OK, TOKEN_MALFORMED, TOKEN_BAD_SIGNATURE, TOKEN_EXPIRED, TOKEN_NOT_YET };
/* Checks form, alg, kid, signature and time (at now_s) of a compact JWT; *facts is filled when the
 * signature is good. */
enum token_verdict tokens_check(struct tokens *tokens, const char *jwt, size_t len, int64_t now_s,
                                struct token_facts *facts);

#endif
