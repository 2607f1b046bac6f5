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

/* Appends the JWT of two JSON texts, signed RS256. */
MSIV2_MUST_USE enum msiv2_rc jwt_sign(EVP_PKEY *key, const struct bytes *header,
                                      const struct bytes *payload, struct bytes *out,
                                      struct msiv2_error *err);

#endif
