/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A certificate and the private key it belongs to, and how such pairs are kept in a file. */
#ifndef EMULATOR_PKI_CA_PAIR_H
#define EMULATOR_PKI_CA_PAIR_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/err.h"
#include "emulator/pki/ca.h"
#include "emulator/pki/ca_certificate.h"

struct ca_pair {
	X509 *cert;    /* owned */
	EVP_PKEY *key; /* owned */
};
/* Frees both. */
void ca_pair_free(struct ca_pair *pair);
DEFINE_OWNED_VALUE(ca_pair, ca_pair_free)

/* Makes a key and its certificate, valid from 1970 to 2999, signed by `issuer` (NULL = by itself).
 */
MSIV2_MUST_USE enum msiv2_rc ca_pair_make(enum ca_key_type type, const struct ca_profile *profile,
                                          const struct ca_pair *issuer, GENERAL_NAMES *names,
                                          const struct rng *rng, struct ca_pair *out,
                                          struct msiv2_error *err);

/* Appends PEM: a comment NOT FOR PRODUCTION, the certificate, the key. `out` should be a secret
 * buffer. */
MSIV2_MUST_USE enum msiv2_rc ca_pair_to_pem(const struct ca_pair *pair, struct bytes *out,
                                            struct msiv2_error *err);
/* Reads the next pair of a PEM text. MSIV2_CONFIG at `path` when it is not there or the key is
 * another one. */
MSIV2_MUST_USE enum msiv2_rc ca_pair_from_pem(BIO *pem, const char *path, struct ca_pair *out,
                                              struct msiv2_error *err);

/* The pair is what we once made: subject of `profile`, key of `type`, signed by `issuer` (NULL = by
 * itself). MSIV2_CONFIG at `path` otherwise. */
MSIV2_MUST_USE enum msiv2_rc ca_pair_check(const struct ca_pair *pair, enum ca_key_type type,
                                           const struct ca_profile *profile,
                                           const struct ca_pair *issuer, const char *path,
                                           struct msiv2_error *err);

#endif
