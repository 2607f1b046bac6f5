/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/jwt.h"

#include <openssl/err.h>
#include <string.h>

#include "common/encoding.h"
#include "common/x509.h"

#define WHERE "tokens"

bool jwt_read(const char *text, size_t len, struct jwt *out)
{
	const char *first = len > 0 && len <= JWT_MAX ? memchr(text, '.', len) : NULL;
	const char *payload = first != NULL ? first + 1 : NULL;
	const char *second;

	*out = (struct jwt){.text = text};
	if (first == NULL)
		return false;
	second = memchr(payload, '.', len - (size_t)(payload - text));
	if (second == NULL || first == text || second == payload)
		return false;
	out->signed_len = (size_t)(second - text);
	return base64url_decode(text, (size_t)(first - text), &out->header) &&
	       base64url_decode(payload, (size_t)(second - payload), &out->payload) &&
	       base64url_decode(second + 1, len - out->signed_len - 1, &out->signature);
}

void jwt_free(struct jwt *jwt)
{
	bytes_free(&jwt->header);
	bytes_free(&jwt->payload);
	bytes_free(&jwt->signature);
}

bool jwt_verifies(const struct jwt *jwt, EVP_PKEY *key)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	bool good;

	(void)ERR_set_mark();
	/* RS256 is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 3.3), OpenSSL's default padding. */
	good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, jwt->signature.data, jwt->signature.len,
	                        (const uint8_t *)jwt->text, jwt->signed_len) == 1;
	(void)ERR_pop_to_mark();
	return good;
}

/* Appends the signature over what `out` holds from `start` on. */
static enum msiv2_rc add_signature(EVP_PKEY *key, size_t start, struct bytes *out,
                                   struct msiv2_error *err)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	uint8_t signature[512];
	size_t len = sizeof(signature);

	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, out->data + start, out->len - start) != 1)
		return err_openssl(err, MSIV2_INTERNAL, WHERE, "cannot sign a token");
	bytes_add_byte(out, '.');
	base64url_encode(signature, len, out);
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc jwt_sign(EVP_PKEY *key, const struct bytes *header, const struct bytes *payload,
                       struct bytes *out, struct msiv2_error *err)
{
	size_t start = out->len;

	base64url_encode(header->data, header->len, out);
	bytes_add_byte(out, '.');
	base64url_encode(payload->data, payload->len, out);
	TRY(bytes_done(out, WHERE, err));
	return add_signature(key, start, out, err);
}
