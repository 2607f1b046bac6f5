/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "certificate_json.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "admin_registry.h"
#include "common/encoding.h"
#include "common/text.h"

DEFINE_OWNED(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

#define OID_SIZE 80

static void add_name(cJSON *object, const char *member, const X509_NAME *name)
{
	OWNED_STRUCT(bytes) text = {0};

	x509_name_text(name, &text);
	cJSON_AddStringToObject(object, member, bytes_text(&text));
}

static void add_serial(cJSON *object, const X509 *cert)
{
	OWNED(BIGNUM) *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = number != NULL ? BN_bn2hex(number) : NULL;

	if (hex != NULL)
		cJSON_AddStringToObject(object, "serial", hex);
	OPENSSL_free(hex);
}

static void add_validity(cJSON *object, const X509 *cert)
{
	int64_t not_before_s;
	int64_t not_after_s;

	if (!x509_validity(cert, &not_before_s, &not_after_s))
		return;
	admin_registry_time(object, "not_before", not_before_s);
	admin_registry_time(object, "not_after", not_after_s);
}

static void add_key(cJSON *object, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	char curve[OID_SIZE] = "";
	size_t len = 0;
	cJSON *member;

	if (key == NULL)
		return;
	member = cJSON_AddObjectToObject(object, "key");
	cJSON_AddStringToObject(member, "type", EVP_PKEY_get0_type_name(key));
	cJSON_AddNumberToObject(member, "bits", EVP_PKEY_get_bits(key));
	if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len) == 1 && curve[0] != '\0')
		cJSON_AddStringToObject(member, "curve", curve);
}

/* The short name of an object, or its figures. */
static void oid_text(const ASN1_OBJECT *oid, char out[OID_SIZE])
{
	int nid = OBJ_obj2nid(oid);

	out[0] = '\0';
	if (nid == NID_undef || !text_copy(out, OID_SIZE, OBJ_nid2sn(nid)))
		(void)OBJ_obj2txt(out, OID_SIZE, oid, 1);
}

static void add_signature_algorithm(cJSON *object, const X509 *cert)
{
	const X509_ALGOR *algorithm = NULL;
	const ASN1_OBJECT *oid = NULL;
	char text[OID_SIZE];

	X509_get0_signature(NULL, &algorithm, cert);
	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	oid_text(oid, text);
	cJSON_AddStringToObject(object, "signature_algorithm", text);
}

static void add_key_usage(cJSON *object, X509 *cert)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} usages[] = {
	        {KU_DIGITAL_SIGNATURE, "digitalSignature"},
	        {KU_NON_REPUDIATION, "nonRepudiation"},
	        {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
	        {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
	        {KU_KEY_AGREEMENT, "keyAgreement"},
	        {KU_KEY_CERT_SIGN, "keyCertSign"},
	        {KU_CRL_SIGN, "cRLSign"},
	        {KU_ENCIPHER_ONLY, "encipherOnly"},
	        {KU_DECIPHER_ONLY, "decipherOnly"},
	};
	uint32_t bits = X509_get_key_usage(cert);
	cJSON *array;

	if (bits == UINT32_MAX) { /* there is no such extension */
		cJSON_AddNullToObject(object, "key_usage");
		return;
	}
	array = cJSON_AddArrayToObject(object, "key_usage");
	for (size_t i = 0; i < TEXT_COUNT(usages); i++)
		if ((bits & usages[i].bit) != 0)
			cJSON_AddItemToArray(array, cJSON_CreateString(usages[i].name));
}

static void add_extended_key_usage(cJSON *object, X509 *cert)
{
	OWNED(EXTENDED_KEY_USAGE) *usages = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	cJSON *array;

	if (usages == NULL) {
		cJSON_AddNullToObject(object, "extended_key_usage");
		return;
	}
	array = cJSON_AddArrayToObject(object, "extended_key_usage");
	for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
		char text[OID_SIZE];

		oid_text(sk_ASN1_OBJECT_value(usages, i), text);
		cJSON_AddItemToArray(array, cJSON_CreateString(text));
	}
}

void certificate_json(X509 *cert, cJSON *object)
{
	add_name(object, "subject", X509_get_subject_name(cert));
	add_name(object, "issuer", X509_get_issuer_name(cert));
	add_serial(object, cert);
	add_validity(object, cert);
	add_key(object, cert);
	add_signature_algorithm(object, cert);
	add_key_usage(object, cert);
	add_extended_key_usage(object, cert);
	cJSON_AddBoolToObject(object, "ca", X509_check_ca(cert) == 1);
}
