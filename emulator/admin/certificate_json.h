/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* An X.509 certificate as JSON, for people. Shows what is there and judges nothing. Pure but for
 * OpenSSL. */
#ifndef EMULATOR_ADMIN_CERTIFICATE_JSON_H
#define EMULATOR_ADMIN_CERTIFICATE_JSON_H

#include "common/json.h"
#include "common/x509.h"

/* Adds subject, issuer, serial (hex), not_before and not_after (with _text), key (type, bits,
 * curve), signature_algorithm, key_usage and extended_key_usage (arrays, null = no such extension)
 * and ca. What does not parse is left out. */
void certificate_json(X509 *cert, cJSON *object);

#endif
