/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The attestation key and what a TPM says with it (docs/attestation.md): the evidence of a hardware
 * key, and the attestation key's certificate, which the TPM keeps in an NV index. Everything here
 * runs inside an operation (tpm_context.h). */
#ifndef REF_KEYS_HARDWARE_ATTEST_H
#define REF_KEYS_HARDWARE_ATTEST_H

#include "common/bytes.h"
#include "tpm_object.h"

/* The certificate of this attestation key (DER) is appended. *enrolled = false when the TPM keeps
 * none, half of one, or another key's. */
MSIV2_MUST_USE enum msiv2_rc hardware_certificate(struct tpm_context *tpm,
                                                  const struct tpm_object *identity,
                                                  struct bytes *der, bool *enrolled,
                                                  struct msiv2_error *err);
/* Keeps it, in place of an older one. MSIV2_ATTESTATION_FAILED when it is not of this key. */
MSIV2_MUST_USE enum msiv2_rc hardware_enrol(struct tpm_context *tpm,
                                            const struct tpm_object *identity, const void *der,
                                            size_t len, struct msiv2_error *err);
/* Appends the value of "AttestationInfo" for a key: TPM2_Certify with the nonce's bytes.
 * MSIV2_ATTESTATION_FAILED when the TPM is not enrolled or the nonce is not one. */
MSIV2_MUST_USE enum msiv2_rc hardware_evidence(struct tpm_context *tpm, struct tpm_object *key,
                                               const char *nonce, struct bytes *out,
                                               struct msiv2_error *err);

#endif
