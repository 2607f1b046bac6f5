/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

#include "common/encoding.h"
#include "common/x509.h"
#include "jwt_parts.h"

static const struct blame blame = {MSIV2_CONFIG, "jwt"};

static cJSON *decode_json(const char *text, size_t len)
{
	OWNED_STRUCT(bytes) json = {0};
	cJSON *tree = NULL;

	assert_true(base64url_decode(text, len, &json));
	assert_int_equal(json_parse_object(json.data, json.len, &blame, &tree, NULL), MSIV2_OK);
	return tree;
}

void jwt_view_read(const char *jwt, struct jwt_view *out)
{
	const char *first = strchr(jwt, '.');
	const char *second;

	*out = (struct jwt_view){0};
	assert_non_null(first);
	second = strchr(first + 1, '.');
	assert_non_null(second);
	assert_null(strchr(second + 1, '.'));
	out->header = decode_json(jwt, (size_t)(first - jwt));
	out->payload = decode_json(first + 1, (size_t)(second - first - 1));
	assert_true(base64url_decode(second + 1, strlen(second + 1), &out->signature));
	out->signed_len = (size_t)(second - jwt);
}

void jwt_view_free(struct jwt_view *view)
{
	cJSON_Delete(view->header);
	cJSON_Delete(view->payload);
	bytes_free(&view->signature);
}

const char *json_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static BIGNUM *number(const cJSON *jwk, const char *name)
{
	const char *text = json_text(jwk, name);
	OWNED_STRUCT(bytes) raw = {0};

	assert_non_null(text);
	assert_true(base64url_decode(text, strlen(text), &raw));
	assert_true(raw.len > 0 && raw.data[0] != 0);
	return BN_bin2bn(raw.data, (int)raw.len, NULL);
}

EVP_PKEY *jwks_key(const char *jwks)
{
	OWNED(cJSON) *tree = cJSON_Parse(jwks);
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(tree, "keys");
	const cJSON *jwk = cJSON_GetArrayItem(keys, 0);
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OWNED(BIGNUM) *n = NULL;
	OWNED(BIGNUM) *e = NULL;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	assert_int_equal(cJSON_GetArraySize(keys), 1);
	n = number(jwk, "n");
	e = number(jwk, "e");
	assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e), 1);
	params = OSSL_PARAM_BLD_to_param(builder);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

bool jwt_is_signed_by(const char *jwt, EVP_PKEY *key)
{
	OWNED_STRUCT(jwt_view) view = {0};
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();

	jwt_view_read(jwt, &view);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	return EVP_DigestVerify(ctx, view.signature.data, view.signature.len, (const uint8_t *)jwt,
	                        view.signed_len) == 1;
}

void jwt_make(const char *header, const char *payload, EVP_PKEY *key, const EVP_MD *md,
              struct bytes *out)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	uint8_t signature[512];
	size_t len = sizeof(signature);

	bytes_clear(out);
	base64url_encode(header, strlen(header), out);
	bytes_add_byte(out, '.');
	base64url_encode(payload, strlen(payload), out);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, out->data, out->len), 1);
	bytes_add_byte(out, '.');
	base64url_encode(signature, len, out);
	assert_false(out->failed);
}
