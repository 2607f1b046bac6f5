/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The token a token service answers with (STS-03), read strictly, because a client acts on it.
 * Pure. Its refusals are sts_error.h. */
#ifndef REF_TOKEN_ANSWER_H
#define REF_TOKEN_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/own.h"
#include "sts_error.h"

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

#endif
