/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "memory.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>

#include "common/x509.h"
#include "provider.h"

#define WHERE "key.memory"

/* The state of a memory key is the EVP_PKEY itself. Its private half stays behind the ops below. */
static enum msiv2_rc refused(struct msiv2_error *err, const char *what)
{
	return err_openssl(err, MSIV2_KEY_UNAVAILABLE, WHERE, what);
}

static int rsa_padding(enum key_padding padding)
{
	return padding == KEY_PADDING_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
}

static enum msiv2_rc memory_sign(void *state, enum key_padding padding, const EVP_MD *md,
                                 const uint8_t *digest, size_t digest_len, uint8_t *sig,
                                 size_t *sig_len, struct msiv2_error *err)
{
	/* One context per signature: an EVP_PKEY may be shared by threads, a context may not. */
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, state, NULL);

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, rsa_padding(padding)) != 1)
		return refused(err, "cannot prepare a signature");
	if (padding == KEY_PADDING_PSS &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) != 1)
		return refused(err, "cannot set the salt length");
	if (EVP_PKEY_sign(ctx, sig, sig_len, digest, digest_len) != 1)
		return refused(err, "cannot sign");
	return MSIV2_OK;
}

/* A key of its own that never saw the private half: a copy of n and e only. */
static enum msiv2_rc memory_public(void *state, EVP_PKEY **out, struct msiv2_error *err)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	int done;

	/* OpenSSL 3.0 may report success without parameters when memory is out. */
	if (ctx == NULL || EVP_PKEY_todata(state, EVP_PKEY_PUBLIC_KEY, &params) != 1 ||
	    params == NULL)
		return refused(err, "cannot read the public key");
	done = EVP_PKEY_fromdata_init(ctx) == 1 &&
	       EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) == 1;
	OSSL_PARAM_free(params);
	return done ? MSIV2_OK : refused(err, "cannot copy the public key");
}

static void memory_describe(void *state, struct key_description *out)
{
	(void)state;
	(void)snprintf(out->location, sizeof(out->location), "the memory of this process");
	(void)snprintf(out->protection, sizeof(out->protection),
	               "none beyond the process: whoever reads its memory has the key");
}

static void memory_free(void *state)
{
	EVP_PKEY_free(state);
}

static const struct key_ops memory_ops = {
        .kind = "memory",
        .sign = memory_sign,
        .public_key = memory_public,
        .describe = memory_describe,
        .free = memory_free,
};

enum msiv2_rc memory_key_create(struct key **out, struct msiv2_error *err)
{
	/* KEY-01, KEY-03 */
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)KEY_RSA_BITS);

	if (pkey == NULL)
		return refused(err, "cannot make an RSA key");
	return key_new(&memory_ops, pkey, out, err);
}

static enum msiv2_rc get_or_create(const struct key_place *place, int64_t deadline_us,
                                   struct key **out, enum key_lack *lack, struct msiv2_error *err)
{
	enum msiv2_rc rc = memory_key_create(out, err);

	(void)place;
	(void)deadline_us;
	*lack = rc == MSIV2_OK ? KEY_LACK_NONE : KEY_LACK_BROKEN;
	return rc;
}

/* KEY-03: there is nothing in a device that could be removed, and nothing to attest (ATT-02). */
static enum msiv2_rc remove_nothing(const struct key_place *place, struct msiv2_error *err)
{
	(void)place;
	(void)err;
	return MSIV2_OK;
}

const struct key_provider memory_provider = {
        .kind = "memory",
        .strength = 1,
        .get_or_create = get_or_create,
        .remove = remove_nothing,
};
