/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include <string.h>

#include "common/encoding.h"
#include "common/x509.h"

static const struct blame blame = {MSIV2_IMDS_MALFORMED, "imds.issuecredential"};

/* A certificate with the given validity; self-signed P-256. */
static X509 *make_cert(const char *cn, int64_t from_s, int64_t to_s)
{
	OWNED(EVP_PKEY) *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), from_s));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), to_s));
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "DC", MBSTRING_UTF8,
	                                            (const uint8_t *)"tenant", -1, -1, 0),
	                 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)cn,
	                                            -1, -1, 0),
	                 1);
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static void a_certificate_survives_the_round_trip(void **state)
{
	OWNED(X509) *cert = make_cert("client", 1000, 605800);
	OWNED(X509) *again = NULL;
	OWNED_STRUCT(bytes) der = {0};
	uint8_t a[X509_SHA256_LEN], b[X509_SHA256_LEN];
	int64_t from_s, to_s;

	(void)state;
	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	assert_int_equal(x509_from_der(der.data, der.len, &blame, &again, NULL), MSIV2_OK);
	assert_int_equal(x509_sha256(cert, a, NULL), MSIV2_OK);
	assert_int_equal(EVP_Digest(der.data, der.len, b, NULL, EVP_sha256(), NULL), 1);
	assert_memory_equal(a, b, sizeof(a));
	assert_true(x509_validity(again, &from_s, &to_s));
	assert_int_equal(from_s, 1000);
	assert_int_equal(to_s, 605800);
}

static void anything_but_one_whole_certificate_is_refused(void **state)
{
	OWNED(X509) *cert = make_cert("client", 0, 1);
	OWNED_STRUCT(bytes) der = {0};
	struct msiv2_error err = {0};
	X509 *out = NULL;

	(void)state;
	assert_int_equal(x509_to_der(cert, &der, NULL), MSIV2_OK);
	for (size_t cut = 0; cut < der.len; cut++)
		assert_int_equal(x509_from_der(der.data, cut, &blame, &out, &err),
		                 MSIV2_IMDS_MALFORMED);
	bytes_add_byte(&der, 0);
	assert_int_equal(x509_from_der(der.data, der.len, &blame, &out, &err),
	                 MSIV2_IMDS_MALFORMED);
	assert_string_equal(err.message, "certificate: 1 bytes after the DER");
	assert_null(out);
}

static void names_are_shown_in_der_order(void **state)
{
	OWNED(X509) *cert = make_cert("a,b", 0, 1);
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	x509_name_text(X509_get_subject_name(cert), &text);
	assert_string_equal(bytes_text(&text), "DC=tenant,CN=a\\,b");
}

static void a_value_is_given_only_when_there_is_exactly_one(void **state)
{
	OWNED(X509) *cert = make_cert("client", 0, 1);
	X509_NAME *name = X509_get_subject_name(cert);
	OWNED_STRUCT(bytes) text = {0};

	(void)state;
	assert_true(x509_name_value(name, NID_commonName, &text));
	assert_string_equal(bytes_text(&text), "client");
	assert_false(x509_name_value(name, NID_organizationName, &text));
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	                                            (const uint8_t *)"other", -1, -1, 0),
	                 1);
	assert_false(x509_name_value(name, NID_commonName, &text));
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
	                                            (const uint8_t *)"a\0b", 3, -1, 0),
	                 1);
	assert_false(x509_name_value(name, NID_organizationName, &text));
	assert_string_equal(bytes_text(&text), "client");
}

static void pem_is_what_openssl_reads(void **state)
{
	OWNED(X509) *cert = make_cert("client", 0, 1);
	OWNED_STRUCT(bytes) pem = {0};

	(void)state;
	assert_int_equal(x509_to_pem(cert, &pem, NULL), MSIV2_OK);
	assert_true(strncmp(bytes_text(&pem), "-----BEGIN CERTIFICATE-----\n", 28) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_certificate_survives_the_round_trip),
	        cmocka_unit_test(anything_but_one_whole_certificate_is_refused),
	        cmocka_unit_test(names_are_shown_in_der_order),
	        cmocka_unit_test(a_value_is_given_only_when_there_is_exactly_one),
	        cmocka_unit_test(pem_is_what_openssl_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
