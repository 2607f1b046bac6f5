/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/private_key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/x509.h"

enum msiv2_rc private_key_make_p256(EVP_PKEY **out, struct msiv2_error *err)
{
	*out = EVP_EC_gen("P-256");
	if (*out == NULL)
		return err_openssl(err, MSIV2_INTERNAL, "ca", "cannot make a P-256 key");
	return MSIV2_OK;
}

/* OpenSSL asks between candidates for primes whether to go on. */
static int go_on(EVP_PKEY_CTX *ctx)
{
	atomic_bool *cancel = EVP_PKEY_CTX_get_app_data(ctx);

	return atomic_load(cancel) ? 0 : 1;
}

enum msiv2_rc private_key_make_rsa(atomic_bool *cancel, EVP_PKEY **out, struct msiv2_error *err)
{
	OWNED(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) != 1)
		return err_openssl(err, MSIV2_INTERNAL, "ca", "cannot prepare an RSA key");
	if (cancel != NULL) {
		EVP_PKEY_CTX_set_app_data(ctx, cancel);
		EVP_PKEY_CTX_set_cb(ctx, go_on);
	}
	if (EVP_PKEY_generate(ctx, out) == 1)
		return MSIV2_OK;
	if (cancel != NULL && atomic_load(cancel))
		return err_openssl(err, MSIV2_TIMEOUT, "ca", "the RSA key is no longer wanted");
	return err_openssl(err, MSIV2_INTERNAL, "ca", "cannot make an RSA key");
}

enum msiv2_rc private_key_to_pem(EVP_PKEY *key, struct bytes *out, struct msiv2_error *err)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	long len;

	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return err_openssl(err, MSIV2_INTERNAL, "ca", "cannot write a private key");
	len = BIO_get_mem_data(bio, &text);
	bytes_add(out, text, (size_t)len);
	return bytes_done(out, "ca", err);
}

/* Instead of OpenSSL's own, which would ask on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *ctx)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

EVP_PKEY *private_key_from_pem(BIO *pem)
{
	return PEM_read_bio_PrivateKey(pem, NULL, no_passphrase, NULL);
}
