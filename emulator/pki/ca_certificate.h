/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Builds and signs one certificate from a profile. */
#ifndef EMULATOR_PKI_CA_CERTIFICATE_H
#define EMULATOR_PKI_CA_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>

#include "common/err.h"
#include "common/rng.h"

/* What a kind of certificate is for, in OpenSSL's notation of extension values. */
struct ca_profile {
	const char *common_name; /* NULL = the subject is given */
	const char *basic_constraints;
	const char *key_usage;
	const char *extended_key_usage; /* NULL = any */
};

/* One profile for each certificate of ca.h. */
extern const struct ca_profile ca_profile_root;
extern const struct ca_profile ca_profile_issuer;
extern const struct ca_profile ca_profile_server;
extern const struct ca_profile ca_profile_client; /* ISSUE-03 */

struct ca_certificate {
	const struct ca_profile *profile;
	const X509_NAME *subject; /* when the profile has no common name */
	EVP_PKEY *public_key;
	X509 *issuer; /* NULL = self-signed */
	EVP_PKEY *issuer_key;
	GENERAL_NAMES *names; /* NULL = none */
	int64_t not_before_s;
	int64_t not_after_s;
	const struct rng *rng; /* serial number */
};

/* The validity of everything but client certificates: 1970 to the end of 2999. */
#define CA_FOREVER_NOT_BEFORE_S INT64_C(0)
#define CA_FOREVER_NOT_AFTER_S  INT64_C(32503679999)

/* *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc ca_certificate_make(const struct ca_certificate *what, X509 **out,
                                                 struct msiv2_error *err);

#endif
