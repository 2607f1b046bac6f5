/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The body of an answer of the token service that refuses (STS-04), and what it means for the
 * certificate (STS-05). Read leniently, because whatever a broken service said is worth more to a
 * person than a complaint about its form; made safe for logs on the way in (SEC-01). Pure. */
#ifndef REF_STS_ERROR_H
#define REF_STS_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
