/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Certificates and private keys in files of any format: PEM, DER, and base64 of DER inside
 * something else. Pure. */
#ifndef SCENARIOS_RUNNER_CERTIFICATE_TEXT_H
#define SCENARIOS_RUNNER_CERTIFICATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A certificate is somewhere in these bytes. */
bool holds_certificate(const void *data, size_t len);
/* A private key is. Public keys and certificates are none. */
bool holds_private_key(const void *data, size_t len);

#endif
