/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the fuzzers of evidence share: a device CA, an identity, and the properties every judge has
 * to keep. */
#ifndef FUZZ_ATTEST_BENCH_H
#define FUZZ_ATTEST_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "common/encoding.h"
#include "emulator/pki/attest.h"

typedef enum msiv2_rc (*attest_judge_fn)(const void *body, size_t len,
                                         const struct attest_bench *bench,
                                         struct attest_verdict *out, struct msiv2_error *err);

/* Judges a body with the default modes, which must refuse what no identity of ours signed, and with
 * every rule noting, where all of the evidence is looked at. */
void attest_bench_judge(attest_judge_fn judge, const uint8_t *body, size_t len);
/* Appends base64url of a certificate that the device CA issued for that kind. */
void attest_bench_add_certificate(enum attest_kind kind, struct bytes *out);

#endif
