/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Plumbing around OpenSSL's X.509 types; knows nothing of what a certificate is for. */
#ifndef COMMON_X509_H
#define COMMON_X509_H

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "err.h"
#include "own.h"

DEFINE_OWNED(X509, X509_free)
DEFINE_OWNED(X509_REQ, X509_REQ_free)
DEFINE_OWNED(X509_NAME, X509_NAME_free)
DEFINE_OWNED(X509_STORE, X509_STORE_free)
DEFINE_OWNED(X509_STORE_CTX, X509_STORE_CTX_free)
DEFINE_OWNED(X509_ALGOR, X509_ALGOR_free)
DEFINE_OWNED(EVP_PKEY, EVP_PKEY_free)
DEFINE_OWNED(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_OWNED(EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_OWNED(BIO, BIO_free_all)
DEFINE_OWNED(BIGNUM, BN_free)

#define X509_SHA256_LEN 32

/* Exactly one DER certificate, nothing after it. *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc x509_from_der(const uint8_t *der, size_t len,
                                           const struct blame *blame, X509 **out,
                                           struct msiv2_error *err);
/* Appends the DER. */
MSIV2_MUST_USE enum msiv2_rc x509_to_der(X509 *cert, struct bytes *out, struct msiv2_error *err);
/* Appends the PEM. */
MSIV2_MUST_USE enum msiv2_rc x509_to_pem(X509 *cert, struct bytes *out, struct msiv2_error *err);
/* SHA-256 of the DER: the thumbprint of RFC 8705 section 3.1. */
MSIV2_MUST_USE enum msiv2_rc x509_sha256(X509 *cert, uint8_t out[X509_SHA256_LEN],
                                         struct msiv2_error *err);
/* SHA-256 of a public key's SubjectPublicKeyInfo. MSIV2_INTERNAL when it cannot be encoded. */
MSIV2_MUST_USE enum msiv2_rc x509_key_sha256(const EVP_PKEY *key, uint8_t out[X509_SHA256_LEN],
                                             struct msiv2_error *err);
/* notBefore and notAfter in seconds since 1970; false when one does not parse. */
MSIV2_MUST_USE bool x509_validity(const X509 *cert, int64_t *not_before_s, int64_t *not_after_s);
/* Appends a name as one line in DER order, escaped as RFC 2253 does: "DC=...,CN=...". */
void x509_name_text(const X509_NAME *name, struct bytes *out);
/* Appends the one value of `nid` as UTF-8; false (and out unchanged) when there is none or several,
 * or when it contains U+0000. */
MSIV2_MUST_USE bool x509_name_value(const X509_NAME *name, int nid, struct bytes *out);

#endif
