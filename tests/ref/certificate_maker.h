/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Certificates for tests, made straight with OpenSSL. */
#ifndef TESTS_REF_CERTIFICATE_MAKER_H
#define TESTS_REF_CERTIFICATE_MAKER_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdint.h>

struct certificate_recipe {
	EVP_PKEY *subject_key; /* what is certified */
	EVP_PKEY *issuer_key;  /* who signs, with SHA-256 */
	const char *cn;        /* NULL = none */
	const char *second_cn; /* NULL = none */
	int64_t not_before_s;
	int64_t not_after_s;
	const char *dc;     /* NULL = none */
	const char *issuer; /* its CN; NULL = "NOT FOR PRODUCTION" */
	long serial;        /* 0 = 4711 */
};

/* Fails the test when OpenSSL does. Owned by the caller. */
X509 *certificate_make(const struct certificate_recipe *recipe);
/* A fresh P-256 key. Owned by the caller. */
EVP_PKEY *certificate_p256_key(void);
/* A fresh RSA key of OpenSSL's own. Owned by the caller. */
EVP_PKEY *certificate_rsa_key(unsigned bits);

#endif
