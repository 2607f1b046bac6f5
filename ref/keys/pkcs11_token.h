/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A token in a slot of a module: found by its label, opened and logged in. The caller is inside the
 * module (pkcs11_module.h). */
#ifndef REF_KEYS_PKCS11_TOKEN_H
#define REF_KEYS_PKCS11_TOKEN_H

#include "pkcs11_error.h"

struct pkcs11_token {
	CK_SLOT_ID slot;
	CK_FLAGS flags;
	char manufacturer[33];
	char model[17];
	char serial[17];
};

/* The one initialised token with that label: KEY_LACK_ABSENT when there is none, KEY_LACK_BROKEN
 * when there are two. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_token_find(const CK_FUNCTION_LIST *functions, const char *label,
                                               struct pkcs11_token *out,
                                               struct pkcs11_trouble *trouble);
/* Opens a session and logs the user in when the application is not yet. The PIN comes from
 * pkcs11_pin.h. A PIN that is wrong, locked, not set or not given is KEY_LACK_REFUSED. */
MSIV2_MUST_USE enum msiv2_rc pkcs11_token_session(const CK_FUNCTION_LIST *functions,
                                                  const struct pkcs11_token *token,
                                                  const char *pin_file, CK_SESSION_HANDLE *out,
                                                  struct pkcs11_trouble *trouble);

#endif
