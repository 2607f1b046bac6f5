/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A certificate authority that lives as long as one test program. */
#ifndef TESTS_REF_THROWAWAY_CA_H
#define TESTS_REF_THROWAWAY_CA_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdint.h>

struct throwaway_ca {
	EVP_PKEY *key;
	X509 *certificate;
	EVP_PKEY *server_key;
	X509 *server; /* for localhost and 127.0.0.1, valid 1970..2100 */
	char folder[64];
	char pem[96]; /* file with the CA's certificate */
};

/* Makes keys (P-256), certificates and the PEM file. Fails the test when it cannot. */
void throwaway_ca_make(struct throwaway_ca *ca);
/* Frees them and removes the file. */
void throwaway_ca_free(struct throwaway_ca *ca);

/* A client certificate. Owned by the caller. */
X509 *throwaway_ca_sign(const struct throwaway_ca *ca, EVP_PKEY *subject_key,
                        const X509_NAME *subject, int64_t not_before_s, int64_t not_after_s);

#endif
