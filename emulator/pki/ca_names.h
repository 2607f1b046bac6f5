/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The names of the emulator's TLS certificate: always localhost, 127.0.0.1 and ::1, and those asked
 * for (DNS names, also with a leading "*.", and IP addresses). */
#ifndef EMULATOR_PKI_CA_NAMES_H
#define EMULATOR_PKI_CA_NAMES_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/own.h"

DEFINE_OWNED(GENERAL_NAMES, GENERAL_NAMES_free)

/* Makes the subjectAltName. MSIV2_CONFIG at "--name" for what is neither a DNS name nor an address.
 * *out is owned by the caller. */
MSIV2_MUST_USE enum msiv2_rc ca_names_make(const char *const *extra, size_t count,
                                           GENERAL_NAMES **out, struct msiv2_error *err);

/* That name alone. */
MSIV2_MUST_USE enum msiv2_rc ca_names_one(const char *text, GENERAL_NAMES **out,
                                          struct msiv2_error *err);
/* Every wanted name stands in the certificate. */
bool ca_names_cover(const X509 *cert, const GENERAL_NAMES *wanted);

#endif
