/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "certificate_maker.h"

#include <time.h>

static void add_cn(X509_NAME *name, const char *text)
{
	if (text != NULL)
		assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
		                                            (const uint8_t *)text, -1, -1, 0),
		                 1);
}

static void add_dc(X509_NAME *name, const char *text)
{
	if (text != NULL)
		assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_domainComponent,
		                                            V_ASN1_IA5STRING, (const uint8_t *)text,
		                                            -1, -1, 0),
		                 1);
}

X509 *certificate_make(const struct certificate_recipe *recipe)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert),
	                                  recipe->serial != 0 ? recipe->serial : 4711),
	                 1);
	add_dc(name, recipe->dc);
	add_cn(name, recipe->cn);
	add_cn(name, recipe->second_cn);
	add_cn(X509_get_issuer_name(cert),
	       recipe->issuer != NULL ? recipe->issuer : "NOT FOR PRODUCTION");
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)recipe->not_before_s));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)recipe->not_after_s));
	assert_int_equal(X509_set_pubkey(cert, recipe->subject_key), 1);
	assert_true(X509_sign(cert, recipe->issuer_key, EVP_sha256()) > 0);
	return cert;
}

EVP_PKEY *certificate_p256_key(void)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	assert_non_null(pkey);
	return pkey;
}

EVP_PKEY *certificate_rsa_key(unsigned bits)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);

	assert_non_null(pkey);
	return pkey;
}
