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
#include "emulator/pki/jwt.h"

struct tokens;

/* Loads the signing key from state_dir (token-key.pem, 0600), or starts making it; state_dir NULL =
 * memory only. Emulators that start at the same time on one directory agree on one key.
 * MSIV2_CONFIG naming the file when what is there cannot be used. A failure of the thread itself is
 * returned by whoever needs the key. `rng` (borrowed) is for jti. */
MSIV2_MUST_USE enum msiv2_rc tokens_new(const char *state_dir, const struct rng *rng,
                                        struct tokens **out, struct msiv2_error *err);
/* Stops the making of a key that is not ready yet, then frees. NULL is allowed. No other thread may
 * still be using it. */
void tokens_free(struct tokens *tokens);
DEFINE_OWNED_STRUCT(tokens, tokens_free)

/* The claims of one token. Besides these it says a jti of its own, and that it is NOT FOR
 * PRODUCTION. Texts are UTF-8 and shorter than their fields in struct token_facts. */
struct token_claims {
	const char *issuer;              /* iss */
	const char *audience;            /* aud: the resource */
	const char *tenant_id;           /* tid */
	const char *client_id;           /* appid */
	const char *object_id;           /* oid, sub */
	const char *mi_res_id;           /* xms_mirid, NULL = left out */
	const char *x5t_s256;            /* cnf.x5t#S256 and xms_tb (SPEC); NULL = a bearer token */
	const char *version;             /* ver; NULL = "2.0" */
	int64_t issued_at_s;             /* iat, nbf */
	int64_t expires_at_s;            /* exp */
	const struct jwt_editor *editor; /* has the last word; NULL = nobody */
};

/* Appends a signed compact JWT with a random jti, which is told as it was before the editor's last
 * word. MSIV2_CONFIG for claims that are missing, too long or not UTF-8. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc tokens_issue(struct tokens *tokens, const struct token_claims *claims,
                                          struct bytes *out, char jti[UUID_TEXT_SIZE],
                                          struct msiv2_error *err);

/* MSIV2_OK unless making the key has failed, with the reason then; does not wait for a key still
 * being made. Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc tokens_ready(struct tokens *tokens, struct msiv2_error *err);

/* Appends the JWKS document (RFC 7517): kty, use, alg, kid, n, e. The kid is the key's thumbprint
 * (RFC 7638). Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc tokens_jwks(struct tokens *tokens, struct bytes *out,
                                         struct msiv2_error *err);

/* How things stand with a token's signature, whatever its header and its claims say. */
enum token_signature {
	TOKEN_SIGNATURE_GOOD, /* by our key, over these very bytes */
	TOKEN_SIGNATURE_BAD,
	TOKEN_SIGNATURE_UNREADABLE, /* no compact JWT */
	TOKEN_SIGNATURE_NO_KEY      /* tokens_ready() tells why */
};
/* Verifies the signature as RS256 and looks at nothing else. Thread-safe. */
enum token_signature tokens_signature(struct tokens *tokens, const char *jwt, size_t len);
/* The kid in our JWKS; NULL when there is no key. Borrowed. Waits. Thread-safe. */
const char *tokens_kid(struct tokens *tokens);

/* What a presented token says, once its signature is good. */
struct token_facts {
	char issuer[256];
	char audience[256];
	char client_id[64];
	char tenant_id[64];
	char object_id[64];
	char jti[64];
	char x5t_s256[64]; /* "" = no cnf */
	int64_t not_before_s, expires_at_s;
};
enum token_verdict {
	TOKEN_OK,
	TOKEN_MALFORMED,
	TOKEN_BAD_SIGNATURE,
	TOKEN_EXPIRED,
	TOKEN_NOT_YET,
	TOKEN_NO_KEY /* there is no key to check with: tokens_ready() tells why */
};
/* Checks form, alg, kid, signature and time (at now_s) of a compact JWT; *facts is filled when the
 * signature is good, and all zero otherwise. Strict: base64url, JSON without duplicates, RS256 and
 * nothing else, no critical headers; a kid that is not ours counts as a bad signature.
 * TOKEN_NO_KEY when the key could not be made. Not checked: issuer, audience, and whether cnf names
 * the certificate in use. Thread-safe. */
enum token_verdict tokens_check(struct tokens *tokens, const char *jwt, size_t len, int64_t now_s,
                                struct token_facts *facts);

#endif
