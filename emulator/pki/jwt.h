/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A compact JWT (RFC 7515, RFC 7519): taken apart, verified, signed. RS256 only. Knows nothing of
 * claims. Pure but for OpenSSL. */
#ifndef EMULATOR_PKI_JWT_H
#define EMULATOR_PKI_JWT_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/json.h"
#include "common/own.h"

/* Longer texts are no token of ours. */
#define JWT_MAX ((size_t)16 * 1024)

struct jwt {
	const char *text; /* borrowed */
	size_t signed_len;
	struct bytes header; /* decoded, and so are the others */
	struct bytes payload;
	struct bytes signature; /* may be empty */
};

/* Takes it apart: three parts of strict base64url, the first two not empty, at most JWT_MAX in all.
 * False otherwise. Whatever comes, *out has to be freed. */
MSIV2_MUST_USE bool jwt_read(const char *text, size_t len, struct jwt *out);
/* Frees the parts. */
void jwt_free(struct jwt *jwt);
DEFINE_OWNED_VALUE(jwt, jwt_free)

/* The signature is RS256 by that key. */
bool jwt_verifies(const struct jwt *jwt, EVP_PKEY *key);

/* A token that is about to be signed, for who changes it on purpose. */
struct jwt_draft {
	cJSON *header; /* objects, owned by the draft */
	cJSON *payload;
	enum { JWT_SIGNED, JWT_SIGNED_WRONG, JWT_NOT_SIGNED } signature;
};
struct jwt_editor {
	void (*edit)(void *ctx, struct jwt_draft *draft);
	void *ctx;
};
/* As jwt_sign(), with the two as the editor (NULL = nobody) leaves them. */
MSIV2_MUST_USE enum msiv2_rc jwt_sign_edited(EVP_PKEY *key, const struct bytes *header,
                                             const struct bytes *payload,
                                             const struct jwt_editor *editor, struct bytes *out,
                                             struct msiv2_error *err);

/* Appends the JWT of two JSON texts, signed RS256. */
MSIV2_MUST_USE enum msiv2_rc jwt_sign(EVP_PKEY *key, const struct bytes *header,
                                      const struct bytes *payload, struct bytes *out,
                                      struct msiv2_error *err);

#endif
