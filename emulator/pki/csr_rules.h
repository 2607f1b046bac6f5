/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Judges a CSR by rules CSR-01..06, from the standards (RFC 2986, RFC 4055), sharing nothing with
 * the client that made it. Pure: bytes and expectations in, verdict and findings out. */
#ifndef EMULATOR_PKI_CSR_RULES_H
#define EMULATOR_PKI_CSR_RULES_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/own.h"
#include "emulator/rule.h"

/* What this CSR must say: what the host's getplatformmetadata said (CSR-01, CSR-03). */
struct csr_expectation {
	const char *client_id;
	const char *tenant_id;
	const char *vm_id;   /* NULL = the host has none */
	const char *vmss_id; /* NULL = the host has none */
};

struct csr_verdict {
	bool accepted;
	char reason[200];     /* the first rejection, for the error body; "" when accepted */
	X509_NAME *subject;   /* owned; only when accepted */
	EVP_PKEY *public_key; /* owned; only when accepted */
};

/* Judges one line of base64 (CSR-06) of a DER PKCS#10. A CSR that cannot be used at all
 * (undecodable, no usable RSA key) is refused whatever the modes say; everything else as the modes
 * say. Returns MSIV2_OK with a verdict, MSIV2_INTERNAL when memory is out. */
MSIV2_MUST_USE enum msiv2_rc csr_judge(const char *base64, size_t len,
                                       const struct csr_expectation *expectation,
                                       const struct rule_modes *modes, struct findings *findings,
                                       struct csr_verdict *out, struct msiv2_error *err);
/* Frees the members and zeroes them. */
void csr_verdict_free(struct csr_verdict *verdict);
DEFINE_OWNED_VALUE(csr_verdict, csr_verdict_free)

#endif
