/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The device CA: stands for the manufacturer that certifies what a device attests its keys with,
 * the enclave identity key of a KeyGuard token and the attestation key of a TPM. NOT FOR
 * PRODUCTION: it certifies every key it is asked to. P-256; with a state directory it is kept in
 * device-ca.pem (0600) and found again. */
#ifndef EMULATOR_PKI_DEVICE_CA_H
#define EMULATOR_PKI_DEVICE_CA_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"
#include "common/rng.h"
#include "emulator/pki/attest.h"

struct device_ca;

/* Makes or loads it; state_dir NULL = memory only. MSIV2_CONFIG naming the file when what is there
 * cannot be used. `rng` (borrowed) is for serial numbers. */
MSIV2_MUST_USE enum msiv2_rc device_ca_new(const char *state_dir, const struct rng *rng,
                                           struct device_ca **out, struct msiv2_error *err);
/* Frees; NULL is allowed. */
void device_ca_free(struct device_ca *ca);
DEFINE_OWNED_STRUCT(device_ca, device_ca_free)

/* Its certificate, borrowed. */
X509 *device_ca_certificate(const struct device_ca *ca);
/* Appends the certificate as PEM, with a comment line NOT FOR PRODUCTION before it. */
MSIV2_MUST_USE enum msiv2_rc device_ca_pem(const struct device_ca *ca, struct bytes *out,
                                           struct msiv2_error *err);

/* Certifies the key of a SubjectPublicKeyInfo as an identity of that kind, from 1970 to 2999.
 * MSIV2_CONFIG when it is not exactly one RSA key of 2048 bits. *out is owned by the caller.
 * Thread-safe. */
MSIV2_MUST_USE enum msiv2_rc device_ca_enrol(const struct device_ca *ca, enum attest_kind kind,
                                             const void *spki, size_t len, X509 **out,
                                             struct msiv2_error *err);

/* What is wrong with a certificate that should be an identity of that kind, certified by a device
 * CA and valid at now_s, as static text for "the certificate is ..."; NULL = nothing. Pure. */
const char *device_ca_fault(X509 *device_ca, X509 *cert, enum attest_kind kind, int64_t now_s);

#endif
