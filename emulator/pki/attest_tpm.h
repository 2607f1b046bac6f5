/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Judges evidence of a hardware key, format msiv2-tpm-1 of docs/attestation.md: what TPM2_Certify
 * says about the key, signed by the attestation key of the TPM (ATT-03). Structures are those of
 * the TPM 2.0 Library, Part 2, read by tss2-mu. */
#ifndef EMULATOR_PKI_ATTEST_TPM_H
#define EMULATOR_PKI_ATTEST_TPM_H

#include <stddef.h>

#include "emulator/pki/attest.h"

/* Judges the body of a request, in this order: form, certificate, identity, signature, magic, type,
 * name, attributes, key, nonce. A nonce that is reached is used up. *out starts as `{0}` and is
 * freed by the caller whatever comes. Fails only when memory is out. */
MSIV2_MUST_USE enum msiv2_rc attest_tpm_judge(const void *body, size_t len,
                                              const struct attest_bench *bench,
                                              struct attest_verdict *out, struct msiv2_error *err);

#endif
