/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* JWTs taken apart and made by the tests' own means, to judge the emulator's. */
#ifndef TESTS_EMULATOR_JWT_PARTS_H
#define TESTS_EMULATOR_JWT_PARTS_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "common/bytes.h"
#include "common/json.h"

struct jwt_view {
	cJSON *header;          /* owned */
	cJSON *payload;         /* owned */
	struct bytes signature; /* decoded */
	size_t signed_len;
};
/* Decodes; fails the test when it is not a JWT. */
void jwt_view_read(const char *jwt, struct jwt_view *out);
/* Frees. */
void jwt_view_free(struct jwt_view *view);
DEFINE_OWNED_VALUE(jwt_view, jwt_view_free)

/* A text member, or NULL. */
const char *json_text(const cJSON *object, const char *name);

/* The RSA public key of the one entry of a JWKS; fails the test when there is not exactly one. */
EVP_PKEY *jwks_key(const char *jwks);
/* The RS256 signature of a JWT is good. */
bool jwt_is_signed_by(const char *jwt, EVP_PKEY *key);
/* Appends a JWT of these JSON texts, signed by `key` with `md` and PKCS#1 v1.5. */
void jwt_make(const char *header, const char *payload, EVP_PKEY *key, const EVP_MD *md,
              struct bytes *out);

#endif
