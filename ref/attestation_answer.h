/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the attestation service answers (docs/attestation.md), and what the one who enrols
 * identities does: read strictly, because a client acts on it. Pure.
 *
 * A token is not verified here: it is for IMDS and the token service to judge, who know its
 * issuer. Only its form and its `exp` are read, for a cache needs them (ATT-04). */
#ifndef REF_ATTESTATION_ANSWER_H
#define REF_ATTESTATION_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/own.h"

#define ATTESTATION_WHERE          "attestation"
#define ATTESTATION_TOKEN_MAX_LEN  ((size_t)16 * 1024)
#define ATTESTATION_NONCE_LEN      32
#define ATTESTATION_NONCE_TEXT_LEN 43 /* base64url of that */

/* The nonce as the service gave it. */
struct attestation_nonce {
	char text[ATTESTATION_NONCE_TEXT_LEN + 1];
};

struct attestation_answer {
	char *token;          /* a secret: overwritten when freed */
	int64_t expires_on_s; /* its `exp`: seconds since 1970 */
};

/* Reads the body of a 200 to the question for a nonce: {"nonce": "<base64url of 32 bytes>"}.
 * MSIV2_ATTESTATION_FAILED saying what is wrong; *out is all zero then. */
MSIV2_MUST_USE enum msiv2_rc attestation_nonce_parse(const void *body, size_t len,
                                                     struct attestation_nonce *out,
                                                     struct msiv2_error *err);

/* Reads the body of a 200 to evidence: {"token": "<JWT>"}. The token has the form of a signed JWT
 * (three parts of base64url, the first two of them JSON objects) of at most
 * ATTESTATION_TOKEN_MAX_LEN characters, with a whole number as `exp`. Anything else, an empty token
 * too, is MSIV2_ATTESTATION_FAILED (ATT-01); *out is all zero then. */
MSIV2_MUST_USE enum msiv2_rc attestation_answer_parse(const void *body, size_t len,
                                                      struct attestation_answer *out,
                                                      struct msiv2_error *err);
/* Overwrites the token and frees it. */
void attestation_answer_free(struct attestation_answer *answer);
DEFINE_OWNED_VALUE(attestation_answer, attestation_answer_free)

/* Reads the body of a 200 to an enrolment: {"certificate": "<base64url of DER>"}, and appends the
 * DER, which is not looked at. MSIV2_ATTESTATION_FAILED otherwise. */
MSIV2_MUST_USE enum msiv2_rc attestation_certificate_parse(const void *body, size_t len,
                                                           struct bytes *der,
                                                           struct msiv2_error *err);

#endif
