/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The memory provider: an RSA key that OpenSSL makes and that lives in this process only (KEY-03).
 */
#ifndef REF_KEYS_MEMORY_H
#define REF_KEYS_MEMORY_H

#include "key.h"

/* Makes a new RSA-2048 key. MSIV2_KEY_UNAVAILABLE with OpenSSL's reason on failure. */
MSIV2_MUST_USE enum msiv2_rc memory_key_create(struct key **out, struct msiv2_error *err);

#endif
