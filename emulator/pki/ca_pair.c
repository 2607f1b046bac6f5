/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/ca_pair.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/text.h"
#include "common/x509.h"
#include "emulator/pki/private_key.h"

void ca_pair_free(struct ca_pair *pair)
{
	X509_free(pair->cert);
	EVP_PKEY_free(pair->key);
	*pair = (struct ca_pair){0};
}

enum msiv2_rc ca_pair_make(enum ca_key_type type, const struct ca_profile *profile,
                           const struct ca_pair *issuer, GENERAL_NAMES *names,
                           const struct rng *rng, struct ca_pair *out, struct msiv2_error *err)
{
	OWNED_STRUCT(ca_pair) pair = {0};
	struct ca_certificate what = {.profile = profile,
	                              .names = names,
	                              .not_before_s = CA_FOREVER_NOT_BEFORE_S,
	                              .not_after_s = CA_FOREVER_NOT_AFTER_S,
	                              .rng = rng};

	if (type == CA_KEY_RSA_2048)
		TRY(private_key_make_rsa(NULL, &pair.key, err));
	else
		TRY(private_key_make_p256(&pair.key, err));
	what.public_key = pair.key;
	what.issuer = issuer != NULL ? issuer->cert : NULL;
	what.issuer_key = issuer != NULL ? issuer->key : pair.key;
	TRY(ca_certificate_make(&what, &pair.cert, err));
	*out = steal(&pair);
	return MSIV2_OK;
}

enum msiv2_rc ca_pair_to_pem(const struct ca_pair *pair, struct bytes *out, struct msiv2_error *err)
{
	bytes_add_text(out, "# msiv2 emulator, NOT FOR PRODUCTION\n");
	TRY(x509_to_pem(pair->cert, out, err));
	return private_key_to_pem(pair->key, out, err);
}

enum msiv2_rc ca_pair_from_pem(BIO *pem, const char *path, struct ca_pair *out,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(ca_pair) pair = {0};

	pair.cert = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	if (pair.cert == NULL)
		return err_openssl(err, MSIV2_CONFIG, path, "no certificate where one belongs");
	pair.key = private_key_from_pem(pem);
	if (pair.key == NULL)
		return err_openssl(err, MSIV2_CONFIG, path, "no private key where one belongs");
	if (X509_check_private_key(pair.cert, pair.key) != 1)
		return err_openssl(err, MSIV2_CONFIG, path,
		                   "the private key is not the certificate's");
	*out = steal(&pair);
	return MSIV2_OK;
}

enum msiv2_rc ca_pair_check(const struct ca_pair *pair, enum ca_key_type type,
                            const struct ca_profile *profile, const struct ca_pair *issuer,
                            const char *path, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) name = {0};
	EVP_PKEY *signer = issuer != NULL ? issuer->key : pair->key;

	if (!x509_name_value(X509_get_subject_name(pair->cert), NID_commonName, &name) ||
	    !text_equal(bytes_text(&name), profile->common_name))
		return err_set(err, MSIV2_CONFIG, path, "holds a certificate of another maker");
	if (X509_verify(pair->cert, signer) != 1)
		return err_openssl(err, MSIV2_CONFIG, path,
		                   "holds a certificate signed by another authority");
	if (!EVP_PKEY_is_a(pair->key, type == CA_KEY_RSA_2048 ? "RSA" : "EC"))
		return err_set(err, MSIV2_CONFIG, path,
		               "was made with the other key type (%s asked for)",
		               type == CA_KEY_RSA_2048 ? "RSA" : "EC");
	return MSIV2_OK;
}
