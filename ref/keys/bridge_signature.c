/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/proverr.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge_algorithm.h"
#include "bridge_internal.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/x509.h"

/* One signature or verification under way. It belongs to one thread. */
struct operation {
	struct key *key;      /* one owner; NULL when only verifying */
	EVP_PKEY *public_key; /* one reference */
	EVP_MD_CTX *hashing;  /* NULL when the caller brings a digest */
	const struct bridge_algorithm *digest;
	enum key_padding padding;
	int salt_len; /* as OpenSSL gives it: a number, or RSA_PSS_SALTLEN_DIGEST */
};

static void *signature_newctx(void *provctx, const char *properties)
{
	struct operation *op = mem_alloc(sizeof(*op));

	(void)provctx;
	(void)properties;
	if (op == NULL)
		return NULL;
	op->padding = KEY_PADDING_PKCS1; /* OpenSSL's default for RSA keys */
	op->salt_len = RSA_PSS_SALTLEN_DIGEST;
	return op;
}

static void drop_key(struct operation *op)
{
	key_free(op->key);
	EVP_PKEY_free(op->public_key);
	op->key = NULL;
	op->public_key = NULL;
}

static void signature_freectx(void *ctx)
{
	struct operation *op = ctx;

	if (op == NULL)
		return;
	drop_key(op);
	EVP_MD_CTX_free(op->hashing);
	mem_free(op);
}

static int hold_key(struct operation *op, struct key *key, EVP_PKEY *public_key)
{
	if (EVP_PKEY_up_ref(public_key) != 1)
		return 0;
	drop_key(op);
	op->public_key = public_key;
	op->key = key != NULL ? key_ref(key) : NULL;
	return 1;
}

static int copy_hashing(struct operation *op, const EVP_MD_CTX *from)
{
	op->hashing = EVP_MD_CTX_new();
	return op->hashing != NULL && EVP_MD_CTX_copy_ex(op->hashing, from) == 1;
}

/* EVP_DigestSignFinal() works on a copy, so that a caller may go on hashing. */
static void *signature_dupctx(void *ctx)
{
	const struct operation *from = ctx;
	struct operation *to = signature_newctx(NULL, NULL);

	if (to == NULL)
		return NULL;
	to->digest = from->digest;
	to->padding = from->padding;
	to->salt_len = from->salt_len;
	if ((from->public_key == NULL || hold_key(to, from->key, from->public_key)) &&
	    (from->hashing == NULL || copy_hashing(to, from->hashing)))
		return to;
	signature_freectx(to);
	return NULL;
}

static int set_digest(struct operation *op, const char *name)
{
	op->digest = bridge_algorithm_find(name);
	if (op->digest != NULL)
		return 1;
	ERR_raise_data(ERR_LIB_PROV, PROV_R_DIGEST_NOT_ALLOWED, "%s", name);
	return 0;
}

/* The padding comes as a number or as a word, by the way a caller took. */
static int set_padding(struct operation *op, const OSSL_PARAM *param)
{
	int mode = 0;

	if (param->data_type == OSSL_PARAM_UTF8_STRING) {
		if (text_equal_nocase(param->data, OSSL_PKEY_RSA_PAD_MODE_PSS))
			mode = RSA_PKCS1_PSS_PADDING;
		else if (text_equal_nocase(param->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15))
			mode = RSA_PKCS1_PADDING;
	} else if (OSSL_PARAM_get_int(param, &mode) != 1) {
		return 0;
	}
	if (mode != RSA_PKCS1_PSS_PADDING && mode != RSA_PKCS1_PADDING) {
		ERR_raise(ERR_LIB_PROV, PROV_R_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE);
		return 0;
	}
	op->padding = mode == RSA_PKCS1_PSS_PADDING ? KEY_PADDING_PSS : KEY_PADDING_PKCS1;
	return 1;
}

/* As the padding; as a word it is "digest" or the number in decimal. Which lengths are possible is
 * judged when the digest is known, see salt_is_digest(). */
static int set_salt(struct operation *op, const OSSL_PARAM *param)
{
	int64_t number = 0;

	if (param->data_type != OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_get_int(param, &op->salt_len);
	if (text_equal_nocase(param->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST))
		number = RSA_PSS_SALTLEN_DIGEST;
	else if (!text_to_int(param->data, 0, INT16_MAX, &number)) {
		ERR_raise(ERR_LIB_PROV, PROV_R_INVALID_SALT_LENGTH);
		return 0;
	}
	op->salt_len = (int)number;
	return 1;
}

/* MGF1 hashes as the message does; saying so is allowed, asking for another digest is not. */
static int check_mgf1(const struct operation *op, const OSSL_PARAM *param)
{
	if (param->data_type == OSSL_PARAM_UTF8_STRING && op->digest != NULL &&
	    bridge_algorithm_find(param->data) == op->digest)
		return 1;
	ERR_raise(ERR_LIB_PROV, PROV_R_INVALID_MGF1_MD);
	return 0;
}

static int signature_set_ctx_params(void *ctx, const OSSL_PARAM params[])
{
	struct operation *op = ctx;
	const OSSL_PARAM *digest = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	const OSSL_PARAM *padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	const OSSL_PARAM *salt = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	const OSSL_PARAM *mgf1 = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);

	/* A digest under way cannot be changed. */
	if (digest != NULL && (op->hashing != NULL || digest->data_type != OSSL_PARAM_UTF8_STRING ||
	                       !set_digest(op, digest->data)))
		return 0;
	return (padding == NULL || set_padding(op, padding)) &&
	       (salt == NULL || set_salt(op, salt)) && (mgf1 == NULL || check_mgf1(op, mgf1));
}

static const OSSL_PARAM *signature_settable_ctx_params(void *ctx, void *provctx)
{
	static const OSSL_PARAM params[] = {
	        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
	        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
	        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
	        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
	        OSSL_PARAM_END,
	};

	(void)ctx;
	(void)provctx;
	return params;
}

/* The AlgorithmIdentifier goes into every CSR that this key signs (CSR-04). */
static int get_algorithm_id(const struct operation *op, OSSL_PARAM *param)
{
	const uint8_t *der;
	size_t len;

	if (op->digest == NULL)
		return 0;
	der = bridge_algorithm_der(op->digest, op->padding, &len);
	return OSSL_PARAM_set_octet_string(param, der, len);
}

static int get_padding(const struct operation *op, OSSL_PARAM *param)
{
	bool pss = op->padding == KEY_PADDING_PSS;

	if (param->data_type == OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_set_utf8_string(param, pss ? OSSL_PKEY_RSA_PAD_MODE_PSS
		                                             : OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
	return OSSL_PARAM_set_int(param, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
}

static int get_salt(const struct operation *op, OSSL_PARAM *param)
{
	char text[16];

	if (param->data_type != OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_set_int(param, op->salt_len);
	if (op->salt_len == RSA_PSS_SALTLEN_DIGEST)
		return OSSL_PARAM_set_utf8_string(param, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST);
	(void)snprintf(text, sizeof(text), "%d", op->salt_len);
	return OSSL_PARAM_set_utf8_string(param, text);
}

static int signature_get_ctx_params(void *ctx, OSSL_PARAM params[])
{
	const struct operation *op = ctx;
	OSSL_PARAM *id = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	OSSL_PARAM *digest = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	OSSL_PARAM *padding = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	OSSL_PARAM *salt = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	const char *name = op->digest != NULL ? bridge_algorithm_name(op->digest) : "";

	return (id == NULL || get_algorithm_id(op, id)) &&
	       (digest == NULL || OSSL_PARAM_set_utf8_string(digest, name)) &&
	       (padding == NULL || get_padding(op, padding)) &&
	       (salt == NULL || get_salt(op, salt));
}

static const OSSL_PARAM *signature_gettable_ctx_params(void *ctx, void *provctx)
{
	static const OSSL_PARAM params[] = {
	        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
	        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
	        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
	        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
	        OSSL_PARAM_END,
	};

	(void)ctx;
	(void)provctx;
	return params;
}

/* Starts over with a key (NULL = the one it has) and parameters. */
static int start(struct operation *op, const struct bridge_keydata *keydata,
                 const OSSL_PARAM params[])
{
	EVP_MD_CTX_free(op->hashing);
	op->hashing = NULL;
	if (keydata != NULL &&
	    (keydata->public_key == NULL || !hold_key(op, keydata->key, keydata->public_key)))
		return 0;
	return op->public_key != NULL && (params == NULL || signature_set_ctx_params(op, params));
}

static int can_sign(const struct operation *op)
{
	if (op->key != NULL)
		return 1;
	ERR_raise(ERR_LIB_PROV, PROV_R_NOT_A_PRIVATE_KEY);
	return 0;
}

static int signature_sign_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	return start(ctx, keydata, params) && can_sign(ctx);
}

static int signature_verify_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	return start(ctx, keydata, params);
}

/* KEY_PADDING_PSS has one salt length: the digest's. */
static int salt_is_digest(const struct operation *op, const EVP_MD *md)
{
	if (op->padding != KEY_PADDING_PSS || op->salt_len == RSA_PSS_SALTLEN_DIGEST ||
	    op->salt_len == EVP_MD_get_size(md))
		return 1;
	ERR_raise(ERR_LIB_PROV, PROV_R_INVALID_SALT_LENGTH);
	return 0;
}

/* What the key said goes along: OpenSSL's error queue is the only way up from here. */
static int sign_by_key(const struct operation *op, const EVP_MD *md, const uint8_t *digest,
                       size_t digest_len, uint8_t *sig, size_t *sig_len)
{
	struct msiv2_error why = {0};

	if (key_sign(op->key, op->padding, md, digest, digest_len, sig, sig_len, &why) == MSIV2_OK)
		return 1;
	ERR_raise_data(ERR_LIB_PROV, PROV_R_FAILED_TO_SIGN, "%s", why.message);
	return 0;
}

static int signature_sign(void *ctx, uint8_t *sig, size_t *sig_len, size_t sig_size,
                          const uint8_t *digest, size_t digest_len)
{
	const struct operation *op = ctx;
	const EVP_MD *md;

	if (sig == NULL) {
		*sig_len = (size_t)EVP_PKEY_get_size(op->public_key);
		return 1;
	}
	/* A bare RSA operation on the caller's bytes is not offered. */
	if (op->digest == NULL) {
		ERR_raise(ERR_LIB_PROV, PROV_R_MISSING_MESSAGE_DIGEST);
		return 0;
	}
	md = bridge_algorithm_md(op->digest);
	*sig_len = sig_size;
	return salt_is_digest(op, md) && can_sign(op) &&
	       sign_by_key(op, md, digest, digest_len, sig, sig_len);
}

/* Verifying needs no secret: OpenSSL does it with the public half. */
static int signature_verify(void *ctx, const uint8_t *sig, size_t sig_len, const uint8_t *digest,
                            size_t digest_len)
{
	const struct operation *op = ctx;
	OWNED(EVP_PKEY_CTX) *verify = EVP_PKEY_CTX_new_from_pkey(NULL, op->public_key, NULL);
	bool pss = op->padding == KEY_PADDING_PSS;
	int padding = pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;

	if (op->digest == NULL || verify == NULL || EVP_PKEY_verify_init(verify) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(verify, bridge_algorithm_md(op->digest)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(verify, padding) != 1)
		return 0;
	if (pss && EVP_PKEY_CTX_set_rsa_pss_saltlen(verify, op->salt_len) != 1)
		return 0;
	return EVP_PKEY_verify(verify, sig, sig_len, digest, digest_len) == 1;
}

static int digest_start(struct operation *op, const char *md_name)
{
	if (!set_digest(op, md_name != NULL ? md_name : "SHA256"))
		return 0;
	op->hashing = EVP_MD_CTX_new();
	return op->hashing != NULL &&
	       EVP_DigestInit_ex2(op->hashing, bridge_algorithm_md(op->digest), NULL) == 1;
}

static int signature_digest_sign_init(void *ctx, const char *md_name, void *keydata,
                                      const OSSL_PARAM params[])
{
	return start(ctx, keydata, NULL) && can_sign(ctx) && digest_start(ctx, md_name) &&
	       (params == NULL || signature_set_ctx_params(ctx, params));
}

static int signature_digest_verify_init(void *ctx, const char *md_name, void *keydata,
                                        const OSSL_PARAM params[])
{
	return start(ctx, keydata, NULL) && digest_start(ctx, md_name) &&
	       (params == NULL || signature_set_ctx_params(ctx, params));
}

static int signature_digest_update(void *ctx, const uint8_t *data, size_t len)
{
	const struct operation *op = ctx;

	return op->hashing != NULL && EVP_DigestUpdate(op->hashing, data, len) == 1;
}

static int signature_digest_sign_final(void *ctx, uint8_t *sig, size_t *sig_len, size_t sig_size)
{
	const struct operation *op = ctx;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (sig != NULL &&
	    (op->hashing == NULL || EVP_DigestFinal_ex(op->hashing, digest, &len) != 1))
		return 0;
	return signature_sign(ctx, sig, sig_len, sig_size, digest, len);
}

static int signature_digest_verify_final(void *ctx, const uint8_t *sig, size_t sig_len)
{
	const struct operation *op = ctx;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	return op->hashing != NULL && EVP_DigestFinal_ex(op->hashing, digest, &len) == 1 &&
	       signature_verify(ctx, sig, sig_len, digest, len);
}

#define ENTRY(id, function)                                                                        \
	{                                                                                          \
		OSSL_FUNC_SIGNATURE_##id, (void (*)(void))(function)                               \
	}

const OSSL_DISPATCH bridge_signature[] = {
        ENTRY(NEWCTX, signature_newctx),
        ENTRY(FREECTX, signature_freectx),
        ENTRY(DUPCTX, signature_dupctx),
        ENTRY(SIGN_INIT, signature_sign_init),
        ENTRY(SIGN, signature_sign),
        ENTRY(VERIFY_INIT, signature_verify_init),
        ENTRY(VERIFY, signature_verify),
        ENTRY(DIGEST_SIGN_INIT, signature_digest_sign_init),
        ENTRY(DIGEST_SIGN_UPDATE, signature_digest_update),
        ENTRY(DIGEST_SIGN_FINAL, signature_digest_sign_final),
        ENTRY(DIGEST_VERIFY_INIT, signature_digest_verify_init),
        ENTRY(DIGEST_VERIFY_UPDATE, signature_digest_update),
        ENTRY(DIGEST_VERIFY_FINAL, signature_digest_verify_final),
        ENTRY(SET_CTX_PARAMS, signature_set_ctx_params),
        ENTRY(SETTABLE_CTX_PARAMS, signature_settable_ctx_params),
        ENTRY(GET_CTX_PARAMS, signature_get_ctx_params),
        ENTRY(GETTABLE_CTX_PARAMS, signature_gettable_ctx_params),
        {0, NULL},
};
