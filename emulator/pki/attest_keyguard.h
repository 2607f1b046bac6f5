/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Judges evidence of a keyguard key, format msiv2-keyguard-1 of docs/attestation.md: a statement
 * about the key, signed by the enclave identity key of its token (ATT-03). */
#ifndef EMULATOR_PKI_ATTEST_KEYGUARD_H
#define EMULATOR_PKI_ATTEST_KEYGUARD_H

#include <stddef.h>

#include "emulator/pki/attest.h"

/* Judges the body of a request, in this order: form, certificate, signature, form of the statement,
 * protection, key, nonce, time. A nonce that is reached is used up. *out starts as `{0}` and is
 * freed by the caller whatever comes. Fails only when memory is out. */
MSIV2_MUST_USE enum msiv2_rc attest_keyguard_judge(const void *body, size_t len,
                                                   const struct attest_bench *bench,
                                                   struct attest_verdict *out,
                                                   struct msiv2_error *err);

#endif
