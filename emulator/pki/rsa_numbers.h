/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The numbers of an RSA public key as RFC 7518 section 6.3.1 writes them. */
#ifndef EMULATOR_PKI_RSA_NUMBERS_H
#define EMULATOR_PKI_RSA_NUMBERS_H

#include <openssl/evp.h>

#include "common/bytes.h"
#include "common/err.h"

/* Appends base64url of modulus and exponent, big-endian without leading zeroes. MSIV2_INTERNAL for
 * a key that is not RSA or has more than 4096 bits. */
MSIV2_MUST_USE enum msiv2_rc rsa_numbers(EVP_PKEY *key, struct bytes *n, struct bytes *e,
                                         struct msiv2_error *err);

#endif
