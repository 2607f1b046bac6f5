/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "signer.h"

#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/x509.h"

void signer_die(const char *what)
{
	fprintf(stderr, "bench_sign: %s\n", what);
	exit(1);
}

static void *same(void *shared)
{
	return shared;
}

static void leave(void *session)
{
	(void)session;
}

static void sign_key(void *session, enum key_padding padding)
{
	static const uint8_t digest[KEY_DIGEST_LEN];
	struct msiv2_error err = {0};
	uint8_t sig[512];
	size_t len = sizeof(sig);

	if (key_sign(session, padding, EVP_sha256(), digest, sizeof(digest), sig, &len, &err) !=
	    MSIV2_OK)
		signer_die(err.message);
}

struct signer signer_key(struct key *key)
{
	return (struct signer){"key_sign", same, sign_key, leave, key};
}

static void sign_pkey(void *session, enum key_padding padding)
{
	static const uint8_t message[32];
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;
	uint8_t sig[512];
	size_t len = sizeof(sig);

	if (ctx == NULL ||
	    EVP_DigestSignInit_ex(ctx, &options, "SHA256", NULL, NULL, session, NULL) != 1)
		signer_die("the bridge does not start to sign");
	if (padding == KEY_PADDING_PSS &&
	    (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
	     EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
		signer_die("the bridge does not take PSS");
	if (EVP_DigestSign(ctx, sig, &len, message, sizeof(message)) != 1)
		signer_die("the bridge does not sign");
}

struct signer signer_bridge(EVP_PKEY *pkey)
{
	return (struct signer){"bridge", same, sign_pkey, leave, pkey};
}

/* ---- OpenSSL alone ---- */

static void sign_openssl(void *session, enum key_padding padding)
{
	static const uint8_t digest[KEY_DIGEST_LEN];
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, session, NULL);
	uint8_t sig[512];
	size_t len = sizeof(sig);

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, padding == KEY_PADDING_PSS ? RSA_PKCS1_PSS_PADDING
	                                                                 : RSA_PKCS1_PADDING) != 1)
		signer_die("OpenSSL does not start to sign");
	if (padding == KEY_PADDING_PSS &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) != 1)
		signer_die("OpenSSL does not take the salt length");
	if (EVP_PKEY_sign(ctx, sig, &len, digest, sizeof(digest)) != 1)
		signer_die("OpenSSL does not sign");
}

struct signer signer_openssl(EVP_PKEY *pkey)
{
	return (struct signer){"EVP_PKEY_sign", same, sign_openssl, leave, pkey};
}
