/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Where the user PIN of a token comes from: a file, or the environment. It is read when a login
 * needs it and overwritten right after; nothing keeps it, no message shows it. */
#ifndef REF_KEYS_PKCS11_PIN_H
#define REF_KEYS_PKCS11_PIN_H

#include "common/bytes.h"
#include "pkcs11_error.h"

#define PKCS11_PIN_VARIABLE "MSIV2_PKCS11_PIN"
#define PKCS11_PIN_MAX      256

/* Appends the PIN to `pin`, which becomes secret: the first line of the file, or the variable's
 * value when file is NULL. Nothing (and MSIV2_OK) when neither is there: a token with a PIN pad
 * needs none. A file that cannot be read is KEY_LACK_REFUSED. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_pin_read(const char *file, struct bytes *pin,
                                             struct pkcs11_trouble *trouble);

#endif
