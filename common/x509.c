/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "x509.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

enum msiv2_rc x509_from_der(const uint8_t *der, size_t len, const struct blame *blame, X509 **out,
                            struct msiv2_error *err)
{
	const uint8_t *at = der;
	OWNED(X509) *cert = NULL;

	if (len == 0 || len > LONG_MAX)
		return err_blame(err, blame, "certificate: %zu bytes", len);
	cert = d2i_X509(NULL, &at, (long)len);
	if (cert == NULL)
		return err_openssl(err, blame->rc, blame->where, "certificate: not DER");
	if (at != der + len)
		return err_blame(err, blame, "certificate: %zu bytes after the DER",
		                 (size_t)(der + len - at));
	*out = steal(&cert);
	return MSIV2_OK;
}

enum msiv2_rc x509_to_der(X509 *cert, struct bytes *out, struct msiv2_error *err)
{
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len < 0)
		return err_openssl(err, MSIV2_INTERNAL, "x509", "cannot encode a certificate");
	bytes_add(out, der, (size_t)len);
	OPENSSL_free(der);
	return bytes_done(out, "x509", err);
}

/* Appends what a memory BIO holds. */
static void take_bio(BIO *bio, struct bytes *out)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	if (len > 0)
		bytes_add(out, text, (size_t)len);
}

enum msiv2_rc x509_to_pem(X509 *cert, struct bytes *out, struct msiv2_error *err)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());

	if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1)
		return err_openssl(err, MSIV2_INTERNAL, "x509", "cannot write PEM");
	take_bio(bio, out);
	return bytes_done(out, "x509", err);
}

enum msiv2_rc x509_sha256(X509 *cert, uint8_t out[X509_SHA256_LEN], struct msiv2_error *err)
{
	unsigned len = X509_SHA256_LEN;

	if (X509_digest(cert, EVP_sha256(), out, &len) != 1 || len != X509_SHA256_LEN)
		return err_openssl(err, MSIV2_INTERNAL, "x509", "cannot digest a certificate");
	return MSIV2_OK;
}

enum msiv2_rc x509_key_sha256(const EVP_PKEY *key, uint8_t out[X509_SHA256_LEN],
                              struct msiv2_error *err)
{
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);
	bool done = len > 0 && EVP_Digest(spki, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(spki);
	if (!done)
		return err_openssl(err, MSIV2_INTERNAL, "x509", "cannot digest a public key");
	return MSIV2_OK;
}

static bool to_seconds(const ASN1_TIME *asn1, int64_t *out_s)
{
	struct tm tm;
	time_t t;

	if (ASN1_TIME_to_tm(asn1, &tm) != 1)
		return false;
	t = timegm(&tm);
	*out_s = (int64_t)t;
	return true;
}

bool x509_validity(const X509 *cert, int64_t *not_before_s, int64_t *not_after_s)
{
	return to_seconds(X509_get0_notBefore(cert), not_before_s) &&
	       to_seconds(X509_get0_notAfter(cert), not_after_s);
}

void x509_name_text(const X509_NAME *name, struct bytes *out)
{
	OWNED(BIO) *bio = BIO_new(BIO_s_mem());
	unsigned long flags = ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN;

	if (bio == NULL || X509_NAME_print_ex(bio, name, 0, flags) < 0) {
		out->failed = true;
		return;
	}
	take_bio(bio, out);
}

bool x509_name_value(const X509_NAME *name, int nid, struct bytes *out)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	uint8_t *text = NULL;
	int len;
	bool good;

	if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
		return false;
	len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len < 0)
		return false;
	good = memchr(text, 0, (size_t)len) == NULL;
	if (good)
		bytes_add(out, text, (size_t)len);
	OPENSSL_free(text);
	return good;
}
