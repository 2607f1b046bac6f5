/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The friendly name of an entry: "MSAL|alias=<alias>|ep=<endpoint base>" (STORE-10), as other
 * clients show it. Pure. */
#ifndef REF_STORE_FRIENDLY_NAME_H
#define REF_STORE_FRIENDLY_NAME_H

#include "common/bytes.h"
#include "common/err.h"

/* Appends the name. MSIV2_STORE when alias or endpoint is blank or holds '|', CR, LF or NUL. */
MSIV2_MUST_USE enum msiv2_rc friendly_name_add(const char *alias, const char *endpoint,
                                               struct bytes *out, struct msiv2_error *err);
/* Takes a name apart; appends alias and endpoint. MSIV2_STORE when it is not of this form. */
MSIV2_MUST_USE enum msiv2_rc friendly_name_parse(const char *name, size_t len, struct bytes *alias,
                                                 struct bytes *endpoint, struct msiv2_error *err);

#endif
