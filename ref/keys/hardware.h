/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Keys in a TPM 2.0 (KEY-09): the provider "hardware" of provider.h.
 *
 * The key of a name is a primary RSA-2048 signing key of the owner hierarchy, made persistent at a
 * handle that follows from the name: "msiv2" is 0x81010001, any other name
 * 0x81010010 + SHA-256("msiv2 signing key" 00 name) mod 240. Two names that meet at one handle
 * do not share a key: the second is refused (tpm_role.h).
 *
 * A TPM that was cleared has lost the key: get_or_create makes a new one (KEY-08), a key that is in
 * use fails with MSIV2_KEY_UNAVAILABLE and says so. */
#ifndef REF_KEYS_HARDWARE_H
#define REF_KEYS_HARDWARE_H

#include "provider.h"

/* A TPM that answers at all does so in less (measured ones sign within a second; making a key takes
 * some half a minute). After that a call fails, whatever deadline the caller has. */
#define HARDWARE_SIGN_LIMIT_S 15
#define HARDWARE_MAKE_LIMIT_S 180

#endif
