/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "csr.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/x509.h"
#include "keys/key.h"

#define WHERE "csr"

#define CUID_OID   "1.3.6.1.4.1.311.90.2.10" /* CSR-03 */
#define MAX_CN_LEN 64                        /* ub-common-name, RFC 5280 appendix A.1 */

DEFINE_OWNED(ASN1_OBJECT, ASN1_OBJECT_free)

static enum msiv2_rc failed(struct msiv2_error *err, const char *what)
{
	return err_openssl(err, MSIV2_INTERNAL, WHERE, what);
}

/* X.680 section 41.4. */
static bool is_printable_string(const char *text)
{
	for (; *text != '\0'; text++) {
		bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
		bool digit = *text >= '0' && *text <= '9';

		if (!letter && !digit && strchr(" '()+,-./:=?", *text) == NULL)
			return false;
	}
	return true;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((uint8_t)*text >= 0x80)
			return false;
	}
	return true;
}

static enum msiv2_rc add_rdn(X509_NAME *subject, int nid, int type, const char *text,
                             struct msiv2_error *err)
{
	if (X509_NAME_add_entry_by_NID(subject, nid, type, (const uint8_t *)text, -1, -1, 0) != 1)
		return failed(err, "cannot write the subject");
	return MSIV2_OK;
}

/* CSR-01, CSR-02: DC before CN, one value per RDN. */
static enum msiv2_rc set_subject(X509_REQ *req, const struct metadata *metadata,
                                 struct msiv2_error *err)
{
	X509_NAME *subject = X509_REQ_get_subject_name(req);
	int cn_type = is_printable_string(metadata->client_id) ? V_ASN1_PRINTABLESTRING
	                                                       : V_ASN1_UTF8STRING;

	if (!is_ascii(metadata->tenant_id))
		return err_set(err, MSIV2_IMDS_MALFORMED, WHERE,
		               "member \"tenantId\" is not ASCII and cannot be a DC");
	if (strlen(metadata->client_id) > MAX_CN_LEN)
		return err_set(err, MSIV2_IMDS_MALFORMED, WHERE,
		               "member \"clientId\" is longer than %d bytes and cannot be a CN",
		               MAX_CN_LEN);
	TRY(add_rdn(subject, NID_domainComponent, V_ASN1_IA5STRING, metadata->tenant_id, err));
	return add_rdn(subject, NID_commonName, cn_type, metadata->client_id, err);
}

static enum msiv2_rc add_member(cJSON *object, const char *name, const char *text,
                                struct msiv2_error *err)
{
	if (text != NULL && cJSON_AddStringToObject(object, name, text) == NULL)
		return err_no_memory(err, WHERE);
	return MSIV2_OK;
}

enum msiv2_rc csr_cuid_json(const struct metadata *metadata, struct bytes *out,
                            struct msiv2_error *err)
{
	OWNED(cJSON) *object = cJSON_CreateObject();

	/* A NULL object fails in json_print(). */
	if (object != NULL) {
		TRY(add_member(object, "vmId", metadata->vm_id, err));
		TRY(add_member(object, "vmssId", metadata->vmss_id, err));
	}
	json_print(object, out);
	return bytes_done(out, WHERE, err);
}

/* CSR-03: one attribute, SET OF one UTF8String. */
static enum msiv2_rc add_cuid(X509_REQ *req, const struct metadata *metadata,
                              struct msiv2_error *err)
{
	OWNED(ASN1_OBJECT) *oid = OBJ_txt2obj(CUID_OID, 1);
	OWNED_STRUCT(bytes) json = {0};

	TRY(csr_cuid_json(metadata, &json, err));
	if (oid == NULL || json.len > INT_MAX ||
	    X509_REQ_add1_attr_by_OBJ(req, oid, V_ASN1_UTF8STRING, json.data, (int)json.len) != 1)
		return failed(err, "cannot write the cuId attribute");
	return MSIV2_OK;
}

/* What the key itself said comes first in OpenSSL's queue; without it the reason is OpenSSL's. */
static enum msiv2_rc not_signed(struct msiv2_error *err)
{
	const char *reason = NULL;
	int flags = 0;

	if (ERR_peek_error_data(&reason, &flags) == 0 || (flags & ERR_TXT_STRING) == 0 ||
	    text_empty(reason))
		return err_openssl(err, MSIV2_KEY_UNAVAILABLE, WHERE, "the key did not sign");
	(void)err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "the key did not sign: %s", reason);
	ERR_clear_error();
	return MSIV2_KEY_UNAVAILABLE;
}

/* CSR-04: RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt 32. */
static enum msiv2_rc sign_pss(X509_REQ *req, EVP_PKEY *pkey, struct msiv2_error *err)
{
	OWNED(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL; /* borrowed from ctx */

	ERR_clear_error();
	if (ctx == NULL ||
	    EVP_DigestSignInit_ex(ctx, &options, "SHA256", NULL, NULL, pkey, NULL) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, KEY_DIGEST_LEN) != 1)
		return failed(err, "cannot prepare a PSS signature");
	return X509_REQ_sign_ctx(req, ctx) > 0 ? MSIV2_OK : not_signed(err);
}

static enum msiv2_rc append_der(X509_REQ *req, struct bytes *out, struct msiv2_error *err)
{
	uint8_t *der = NULL;
	int len = i2d_X509_REQ(req, &der);

	if (len < 0)
		return failed(err, "cannot encode the request");
	bytes_add(out, der, (size_t)len);
	OPENSSL_free(der);
	return bytes_done(out, WHERE, err);
}

enum msiv2_rc csr_build(const struct metadata *metadata, EVP_PKEY *pkey, struct bytes *out,
                        struct msiv2_error *err)
{
	OWNED(X509_REQ) *req = X509_REQ_new();

	if (!EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_get_bits(pkey) != KEY_RSA_BITS)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "the key is not RSA with %d bits",
		               KEY_RSA_BITS);
	/* CSR-05: version 0, rsaEncryption with NULL. */
	if (req == NULL || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_pubkey(req, pkey) != 1)
		return failed(err, "cannot start a request");
	TRY(set_subject(req, metadata, err));
	TRY(add_cuid(req, metadata, err));
	TRY(sign_pss(req, pkey, err));
	return append_der(req, out, err);
}
