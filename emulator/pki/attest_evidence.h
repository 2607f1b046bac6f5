/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The body of an attestation request, {"AttestationInfo":{"format":...,...}}, as bytes per member
 * (ATT-03). */
#ifndef EMULATOR_PKI_ATTEST_EVIDENCE_H
#define EMULATOR_PKI_ATTEST_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/json.h"

/* One member whose text is base64url. */
struct attest_member {
	const char *name;
	size_t max_len; /* most bytes it may decode to */
	bool optional;  /* left out: *out stays empty */
	struct bytes *out;
};

/* Reads the members of AttestationInfo, whose format must be the one given, and nothing else may be
 * in it. What stands beside AttestationInfo is not looked at. MSIV2_CONFIG with words that quote
 * nothing of the evidence but names of members; MSIV2_INTERNAL when memory is out. */
MSIV2_MUST_USE enum msiv2_rc attest_evidence_read(const void *body, size_t len, const char *format,
                                                  const struct attest_member *members, size_t count,
                                                  struct msiv2_error *err);

/* Appends what a base64url text decodes to; errors as above, naming the member. */
MSIV2_MUST_USE enum msiv2_rc attest_decode(const char *name, const char *text, size_t max_len,
                                           struct bytes *out, struct msiv2_error *err);

#endif
