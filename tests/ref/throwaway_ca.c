/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "throwaway_ca.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define YEAR_2100_S INT64_C(4102444800)

static X509_NAME *name_of(const char *cn)
{
	X509_NAME *name = X509_NAME_new();

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)cn,
	                                            -1, -1, 0),
	                 1);
	return name;
}

static X509 *unsigned_certificate(EVP_PKEY *key, const X509_NAME *subject, const X509_NAME *issuer,
                                  int64_t not_before_s, int64_t not_after_s)
{
	X509 *cert = X509_new();
	int64_t serial;

	/* Fresh numbers, so that two certificates for one key differ. */
	assert_int_equal(RAND_bytes((uint8_t *)&serial, sizeof(serial)), 1);
	assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set_int64(X509_get_serialNumber(cert), serial & INT64_MAX),
	                 1);
	assert_int_equal(X509_set_subject_name(cert, subject), 1);
	assert_int_equal(X509_set_issuer_name(cert, issuer), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)not_before_s));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)not_after_s));
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	return cert;
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(cert, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void write_pem(struct throwaway_ca *ca)
{
	FILE *file;

	(void)snprintf(ca->folder, sizeof(ca->folder), "/tmp/msiv2-test-XXXXXX");
	assert_non_null(mkdtemp(ca->folder));
	(void)snprintf(ca->pem, sizeof(ca->pem), "%s/ca.pem", ca->folder);
	file = fopen(ca->pem, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, ca->certificate), 1);
	assert_int_equal(fclose(file), 0);
}

void throwaway_ca_make(struct throwaway_ca *ca)
{
	X509_NAME *ca_name = name_of("throwaway CA, NOT FOR PRODUCTION");
	X509_NAME *server_name = name_of("localhost");

	ca->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ca->certificate = unsigned_certificate(ca->key, ca_name, ca_name, 0, YEAR_2100_S);
	extend(ca->certificate, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(ca->certificate, ca->key, EVP_sha256()) > 0);
	ca->server_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ca->server = unsigned_certificate(ca->server_key, server_name, ca_name, 0, YEAR_2100_S);
	extend(ca->server, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
	assert_true(X509_sign(ca->server, ca->key, EVP_sha256()) > 0);
	X509_NAME_free(ca_name);
	X509_NAME_free(server_name);
	write_pem(ca);
}

void throwaway_ca_free(struct throwaway_ca *ca)
{
	(void)unlink(ca->pem);
	(void)rmdir(ca->folder);
	X509_free(ca->server);
	EVP_PKEY_free(ca->server_key);
	X509_free(ca->certificate);
	EVP_PKEY_free(ca->key);
}

X509 *throwaway_ca_sign(const struct throwaway_ca *ca, EVP_PKEY *subject_key,
                        const X509_NAME *subject, int64_t not_before_s, int64_t not_after_s)
{
	X509 *cert =
	        unsigned_certificate(subject_key, subject, X509_get_subject_name(ca->certificate),
	                             not_before_s, not_after_s);

	assert_true(X509_sign(cert, ca->key, EVP_sha256()) > 0);
	return cert;
}
