/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Checks an attestation token as IMDS and the token service do (ATT-06). Pure but for OpenSSL. */
#ifndef EMULATOR_PKI_ATTEST_TOKEN_CHECK_H
#define EMULATOR_PKI_ATTEST_TOKEN_CHECK_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

/* What can be wrong with a token; several at once. */
enum attest_token_fault {
	ATTEST_TOKEN_FORM = 1,      /* no JWT of RS256: AADSTS1000614 */
	ATTEST_TOKEN_JKU = 2,       /* 1000613 */
	ATTEST_TOKEN_SIGNATURE = 4, /* or its kid: 1000614 */
	ATTEST_TOKEN_ISSUER = 8,    /* 1000611 */
	ATTEST_TOKEN_TIME = 16,     /* 1000610 */
	ATTEST_TOKEN_CLAIM = 32     /* another key than the certificate's, unknown type: 1000612 */
};

/* What a good token says; all borrowed. */
struct attest_token_want {
	EVP_PKEY *key; /* that signs tokens */
	const char *kid;
	const char *base; /* {maa}: iss, and jku with "/certs" behind it */
	int64_t now_s;
	const char *n; /* base64url of the numbers of the key the certificate is for */
	const char *e;
};

/* The faults of a token, 0 = none. With ATTEST_TOKEN_FORM nothing else is looked at; otherwise
 * each part is judged by itself, so that the caller may look past one of them. */
unsigned attest_token_faults(const char *jwt, size_t len, const struct attest_token_want *want);

/* The parts of that, for decoded JSON: faults of the header except the signature, and of the
 * payload.
 */
unsigned attest_token_header_faults(const void *json, size_t len,
                                    const struct attest_token_want *want);
unsigned attest_token_payload_faults(const void *json, size_t len,
                                     const struct attest_token_want *want);

#endif
