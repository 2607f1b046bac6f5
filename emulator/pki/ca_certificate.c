/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "emulator/pki/ca_certificate.h"

#include <string.h>

#include "common/x509.h"

DEFINE_OWNED(X509_EXTENSION, X509_EXTENSION_free)
DEFINE_OWNED(ASN1_INTEGER, ASN1_INTEGER_free)

#define SERIAL_LEN 16

const struct ca_profile ca_profile_root = {
        "msiv2 emulator root NOT FOR PRODUCTION",
        "critical,CA:TRUE",
        "critical,keyCertSign,cRLSign",
        NULL,
};
const struct ca_profile ca_profile_issuer = {
        "managedidentitysnissuer.login.microsoft.com NOT FOR PRODUCTION",
        "critical,CA:TRUE,pathlen:0",
        "critical,keyCertSign,cRLSign",
        "clientAuth",
};
const struct ca_profile ca_profile_server = {
        "msiv2 emulator server NOT FOR PRODUCTION",
        "critical,CA:FALSE",
        "critical,digitalSignature",
        "serverAuth",
};
const struct ca_profile ca_profile_client = {
        NULL,
        "critical,CA:FALSE",
        "critical,digitalSignature",
        "clientAuth",
};

static enum msiv2_rc fail(struct msiv2_error *err, const char *what)
{
	return err_openssl(err, MSIV2_INTERNAL, "ca", what);
}

/* RFC 5280 4.1.2.2: positive, at most 20 bytes. The second bit is set so that all have one length.
 */
static enum msiv2_rc set_serial(X509 *cert, const struct rng *rng, struct msiv2_error *err)
{
	uint8_t serial[SERIAL_LEN];
	OWNED(BIGNUM) *number = NULL;
	OWNED(ASN1_INTEGER) *integer = NULL;

	if (!rng_fill(rng != NULL ? rng : rng_system(), serial, sizeof(serial)))
		return err_set(err, MSIV2_INTERNAL, "ca", "no randomness for a serial number");
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	integer = number != NULL ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	if (integer == NULL || X509_set_serialNumber(cert, integer) != 1)
		return fail(err, "cannot set a serial number");
	return MSIV2_OK;
}

static enum msiv2_rc set_subject(X509 *cert, const struct ca_certificate *what,
                                 struct msiv2_error *err)
{
	OWNED(X509_NAME) *name = NULL;

	if (what->profile->common_name == NULL) {
		if (X509_set_subject_name(cert, what->subject) != 1)
			return fail(err, "cannot set a subject");
		return MSIV2_OK;
	}
	name = X509_NAME_new();
	if (name == NULL ||
	    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
	                               (const uint8_t *)what->profile->common_name, -1, -1,
	                               0) != 1 ||
	    X509_set_subject_name(cert, name) != 1)
		return fail(err, "cannot set a subject");
	return MSIV2_OK;
}

/* UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5): ASN1_TIME_set() chooses. */
static enum msiv2_rc set_validity(X509 *cert, const struct ca_certificate *what,
                                  struct msiv2_error *err)
{
	if (ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)what->not_before_s) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)what->not_after_s) == NULL)
		return fail(err, "cannot set the validity");
	return MSIV2_OK;
}

static enum msiv2_rc add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value,
                                   struct msiv2_error *err)
{
	OWNED(X509_EXTENSION) *extension = NULL;

	if (value == NULL)
		return MSIV2_OK;
	extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	if (extension == NULL || X509_add_ext(cert, extension, -1) != 1)
		return fail(err, "cannot add an extension");
	return MSIV2_OK;
}

static enum msiv2_rc add_extensions(X509 *cert, const struct ca_certificate *what,
                                    struct msiv2_error *err)
{
	const struct ca_profile *profile = what->profile;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, what->issuer != NULL ? what->issuer : cert, cert, NULL, NULL, 0);
	TRY(add_extension(cert, &ctx, NID_basic_constraints, profile->basic_constraints, err));
	TRY(add_extension(cert, &ctx, NID_key_usage, profile->key_usage, err));
	TRY(add_extension(cert, &ctx, NID_ext_key_usage, profile->extended_key_usage, err));
	TRY(add_extension(cert, &ctx, NID_subject_key_identifier, "hash", err));
	TRY(add_extension(cert, &ctx, NID_authority_key_identifier, "keyid:always", err));
	if (what->names != NULL &&
	    X509_add1_ext_i2d(cert, NID_subject_alt_name, what->names, 0, X509V3_ADD_DEFAULT) != 1)
		return fail(err, "cannot add the names");
	return MSIV2_OK;
}

enum msiv2_rc ca_certificate_make(const struct ca_certificate *what, X509 **out,
                                  struct msiv2_error *err)
{
	OWNED(X509) *cert = X509_new();

	if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1)
		return fail(err, "cannot begin a certificate");
	TRY(set_serial(cert, what->rng, err));
	TRY(set_subject(cert, what, err));
	TRY(set_validity(cert, what, err));
	if (X509_set_issuer_name(cert, X509_get_subject_name(what->issuer ? what->issuer : cert)) !=
	            1 ||
	    X509_set_pubkey(cert, what->public_key) != 1)
		return fail(err, "cannot fill a certificate");
	TRY(add_extensions(cert, what, err));
	if (X509_sign(cert, what->issuer_key, EVP_sha256()) <= 0)
		return fail(err, "cannot sign a certificate");
	*out = steal(&cert);
	return MSIV2_OK;
}
