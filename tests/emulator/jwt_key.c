/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "jwt_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/encoding.h"
#include "common/x509.h"
#include "stage.h"
#include "tests/testing.h"
#include "wire.h"

DEFINE_OWNED(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_OWNED(OSSL_PARAM, OSSL_PARAM_free)

bool jwt_key_part(const char *token, int part, struct bytes *out)
{
	size_t len;

	for (int i = 0; i < part; i++) {
		token = strchr(token, '.');
		if (!token)
			return false;
		token++;
	}
	len = strcspn(token, ".");
	return len > 0 && base64url_decode(token, len, out);
}

/* The document, as any client would fetch it. */
static cJSON *fetch_keys(struct fault_bench *bench)
{
	const struct wire_tls tls = {0};
	OWNED_STRUCT(bytes) answer = {0};
	struct wire wire;

	wire_open(&wire, wire_port(msiv2_emulator_sts(bench->emulator)));
	assert_true(wire_start_tls(&wire, &tls));
	wire_send(&wire, "GET /" STAGE_TENANT "/discovery/v2.0/keys HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(wire_read(&wire, false, &answer), 200);
	wire_close(&wire);
	return cJSON_Parse(strstr(bytes_text(&answer), "\r\n\r\n") + 4);
}

static BIGNUM *number_of(const cJSON *key, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(key, name));
	OWNED_STRUCT(bytes) raw = {0};

	assert_non_null(text);
	assert_true(base64url_decode(text, strlen(text), &raw));
	return BN_bin2bn(raw.data, (int)raw.len, NULL);
}

static EVP_PKEY *key_of(const cJSON *json)
{
	OWNED(BIGNUM) *n = number_of(json, "n");
	OWNED(BIGNUM) *e = number_of(json, "e");
	OWNED(OSSL_PARAM_BLD) *build = OSSL_PARAM_BLD_new();
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OWNED(OSSL_PARAM) *params = NULL;
	EVP_PKEY *key = NULL;

	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e), 1);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	return key;
}

bool jwt_key_signed_token(struct fault_bench *bench, const char *token)
{
	OWNED(cJSON) *keys = fetch_keys(bench);
	OWNED(EVP_PKEY) *key = key_of(cJSON_GetArrayItem(cJSON_GetObjectItem(keys, "keys"), 0));
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	OWNED_STRUCT(bytes) signature = {0};
	bool good;

	if (!jwt_key_part(token, 2, &signature))
		return false;
	good = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, signature.data, signature.len, (const uint8_t *)token,
	                        (size_t)(strrchr(token, '.') - token)) == 1;
	ERR_clear_error();
	return good;
}

bool jwt_key_signed_certificate(const char *pem, X509 *cert)
{
	OWNED(BIO) *bio = BIO_new_mem_buf(pem, -1);
	bool good = false;
	X509 *issuer;

	while (!good && (issuer = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		good = X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
		X509_free(issuer);
	}
	ERR_clear_error();
	return good;
}
