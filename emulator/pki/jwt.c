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

static void jwt_draft_free(struct jwt_draft *draft)
{
	cJSON_Delete(draft->header);
	cJSON_Delete(draft->payload);
}
DEFINE_OWNED_VALUE(jwt_draft, jwt_draft_free)

/* Leaves the signature out, or changes a character in the middle of it. */
static void spoil_signature(const struct jwt_draft *draft, struct bytes *out)
{
	uint8_t *dot = memrchr(out->data, '.', out->len);
	uint8_t *middle = dot + (out->data + out->len - dot) / 2;

	if (draft->signature == JWT_NOT_SIGNED)
		out->len = (size_t)(dot - out->data) + 1;
	else if (draft->signature == JWT_SIGNED_WRONG)
		*middle = *middle == 'A' ? 'B' : 'A';
	out->data[out->len] = '\0';
}

enum msiv2_rc jwt_sign_edited(EVP_PKEY *key, const struct bytes *header,
                              const struct bytes *payload, const struct jwt_editor *editor,
                              struct bytes *out, struct msiv2_error *err)
{
	static const struct blame blame = {MSIV2_INTERNAL, WHERE};
	OWNED_STRUCT(jwt_draft) draft = {.signature = JWT_SIGNED};
	OWNED_STRUCT(bytes) edited_header = {0};
	OWNED_STRUCT(bytes) edited_payload = {0};

	if (editor == NULL)
		return jwt_sign(key, header, payload, out, err);
	TRY(json_parse_object(header->data, header->len, &blame, &draft.header, err));
	TRY(json_parse_object(payload->data, payload->len, &blame, &draft.payload, err));
	editor->edit(editor->ctx, &draft);
	json_print(draft.header, &edited_header);
	json_print(draft.payload, &edited_payload);
	TRY(bytes_done(&edited_header, WHERE, err));
	TRY(bytes_done(&edited_payload, WHERE, err));
	TRY(jwt_sign(key, &edited_header, &edited_payload, out, err));
	spoil_signature(&draft, out);
	return MSIV2_OK;
}
