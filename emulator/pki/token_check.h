/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Checks a compact JWT (RFC 7519, RFC 7515) against one key. Pure but for OpenSSL. */
#ifndef EMULATOR_PKI_TOKEN_CHECK_H
#define EMULATOR_PKI_TOKEN_CHECK_H

#include <openssl/evp.h>

#include "emulator/pki/tokens.h"

/* As tokens_check(), with the key and its kid given. */
enum token_verdict token_check(const char *jwt, size_t len, EVP_PKEY *key, const char *kid,
                               int64_t now_s, struct token_facts *facts);

/* Reads the decoded header: false unless it is JSON with alg RS256, a text kid, no critical
 * extensions, and typ absent or JWT. *same_kid tells whether the kid is the one given. */
MSIV2_MUST_USE bool token_header_read(const void *json, size_t len, const char *kid,
                                      bool *same_kid);

/* Reads the decoded payload; false (and *facts zero) when a claim is missing, too long or of
 * another type. */
MSIV2_MUST_USE bool token_payload_read(const void *json, size_t len, struct token_facts *facts);

#endif
