/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tests/testing.h"

#include "entry_maker.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <time.h>

#include "common/encoding.h"
#include "common/mem.h"
#include "common/x509.h"

static void add_name(X509_NAME *name, int nid, int type, const char *text)
{
	assert_int_equal(
	        X509_NAME_add_entry_by_NID(name, nid, type, (const uint8_t *)text, -1, -1, 0), 1);
}

static X509 *certify(const struct entry_recipe *recipe)
{
	OWNED(EVP_PKEY) *issuer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);
	uint8_t serial[8];
	OWNED(BIGNUM) *number = NULL;

	assert_int_equal(RAND_bytes(serial, sizeof(serial)), 1);
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)));
	assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
	add_name(subject, NID_domainComponent, V_ASN1_IA5STRING, ENTRY_TENANT_ID);
	add_name(subject, NID_commonName, V_ASN1_PRINTABLESTRING, ENTRY_CLIENT_ID);
	add_name(X509_get_issuer_name(cert), NID_commonName, V_ASN1_PRINTABLESTRING,
	         "NOT FOR PRODUCTION");
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)recipe->not_before_s));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)recipe->not_after_s));
	assert_int_equal(X509_set_pubkey(cert, recipe->key), 1);
	assert_true(X509_sign(cert, issuer, EVP_sha256()) > 0);
	return cert;
}

void entry_make(const struct entry_recipe *recipe, struct store_entry *out)
{
	*out = (struct store_entry){
	        .alias = mem_strdup(recipe->alias),
	        .source = mem_strdup(ENTRY_SOURCE),
	        .client_id = mem_strdup(ENTRY_CLIENT_ID),
	        .tenant_id = mem_strdup(ENTRY_TENANT_ID),
	        .identity_type = mem_strdup("SystemAssigned"),
	        .endpoint = mem_strdup("https://mtlsauth.example/"),
	        .key_kind = mem_strdup(recipe->key_kind),
	        .key_name = mem_strdup("msiv2"),
	        .fresh = recipe->fresh,
	        .stored_at_s = recipe->not_before_s,
	        .certificate = certify(recipe),
	};
	entry_key_sha256(recipe->key, out->key_sha256);
}

void entry_key_sha256(EVP_PKEY *key, uint8_t out[X509_SHA256_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	assert_int_equal(EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
}

void entry_file_name(const struct store_entry *entry, char out[ENTRY_FILE_SIZE])
{
	uint8_t thumbprint[X509_SHA256_LEN];
	OWNED_STRUCT(bytes) text = {0};

	assert_int_equal(x509_sha256(entry->certificate, thumbprint, NULL), MSIV2_OK);
	hex_encode(thumbprint, sizeof(thumbprint), &text);
	(void)snprintf(out, ENTRY_FILE_SIZE, "%s.pem", bytes_text(&text));
}

uint64_t seeded_below(struct seeded *seeded, uint64_t below)
{
	uint64_t mixed = seeded->at += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (mixed ^ (mixed >> 31)) % below;
}
