/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The signature of a CSR: what its AlgorithmIdentifier says (CSR-04, RFC 4055 section 3.1), and
 * whether it verifies (CSR-05). */
#ifndef EMULATOR_PKI_CSR_SIGNATURE_H
#define EMULATOR_PKI_CSR_SIGNATURE_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "emulator/pki/csr_parts.h"

/* RSASSA-PSS-params with the defaults of RFC 4055 filled in. OIDs are contents. */
struct csr_pss {
	struct der hash;
	struct der mgf_hash;
	unsigned salt_len;
	unsigned trailer;
	bool hash_null;        /* a hash AlgorithmIdentifier carries NULL */
	bool trailer_explicit; /* trailerField is written out */
};

/* The algorithm is RSASSA-PSS. */
bool csr_signature_is_pss(const struct csr_algorithm *algorithm);
/* A name for the algorithm, or NULL for one unknown here. */
const char *csr_signature_name(const struct csr_algorithm *algorithm);

/* Reads the parameters of RSASSA-PSS; false when they are absent or not what RFC 4055 defines. */
MSIV2_MUST_USE bool csr_pss_read(struct der parameters, struct csr_pss *out);
/* SHA-256, MGF1 with SHA-256, salt 32, trailer 1 (CSR-04). */
bool csr_pss_is_ours(const struct csr_pss *pss);
/* "SHA-256" and the like for a hash OID; "an unknown hash" otherwise. */
const char *csr_hash_name(struct der oid);

/* The signature over parts->info verifies with `key` under the algorithm and parameters the CSR
 * itself names (RSASSA-PSS or PKCS#1 v1.5 with SHA-1 or SHA-2). Others: false. */
bool csr_signature_verifies(const struct csr_parts *parts, EVP_PKEY *key);

#endif
