/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the token service answers: a token (STS-03) or an error (STS-04). Both codecs are pure.
 *
 * A token is read strictly, because a client acts on it. An error is read leniently, because
 * whatever a broken service said is worth more to a person than a complaint about its form; it is
 * made safe for logs on the way in (SEC-01). */
#ifndef REF_TOKEN_ANSWER_H
#define REF_TOKEN_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/own.h"

struct token_answer {
	char *access_token;   /* a secret: overwritten when freed */
	char *token_type;     /* as the service wrote it */
	int64_t expires_in_s; /* at least 1 */
};

/* Reads the body of a 200. `wanted_type` is "mtls_pop" or "Bearer"; case is ignored, any other
 * type is an error in either direction (STS-03). MSIV2_STS_MALFORMED naming the member; *out is
 * all zero then. */
MSIV2_MUST_USE enum msiv2_rc token_answer_parse(const void *body, size_t len,
                                                const char *wanted_type, struct token_answer *out,
                                                struct msiv2_error *err);
/* Overwrites the token, frees the members and zeroes them. */
void token_answer_free(struct token_answer *answer);
DEFINE_OWNED_VALUE(token_answer, token_answer_free)

#define STS_ERROR_MAX_CODES 8

/* The body of an answer other than 200. Texts are printable ASCII, or empty when absent; words that
 * look like a JWT are replaced by "[removed]". */
struct sts_error {
	char error[64];        /* "invalid_client" */
	char description[256]; /* error_description: "AADSTS...", cut to fit */
	int64_t codes[STS_ERROR_MAX_CODES];
	size_t code_count; /* error_codes that were whole numbers; further ones are dropped */
	char trace_id[40];
	char correlation_id[40];
};

/* Reads what can be read; never fails. Garbage gives an object with empty texts and no codes. */
void sts_error_parse(const void *body, size_t len, struct sts_error *out);
/* STS-05: the service refuses this certificate, so a new one may help. */
bool sts_error_is_certificate_rejection(const struct sts_error *answer);
/* STS-05: minting again may be repeated beyond the first time: a certificate rejection whose codes
 * name bad attestation (1000610..1000614), or that has no error_codes at all. */
bool sts_error_may_repeat(const struct sts_error *answer);

#endif
