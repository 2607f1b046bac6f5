/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What may be known of a key by anybody: the public object of msiv2.h, with proof that it signs. */
#ifndef REF_KEY_INFO_H
#define REF_KEY_INFO_H

#include "common/own.h"
#include "include/msiv2.h"
#include "keys/key.h"

DEFINE_OWNED_STRUCT(msiv2_key_info, msiv2_key_info_free)

/* Describes a key after it has signed once with each padding and its public half has verified that.
 * MSIV2_KEY_UNAVAILABLE when it does not sign, or signs what does not verify. */
MSIV2_MUST_USE enum msiv2_rc key_info_new(struct key *key, const struct msiv2_clock *clock,
                                          struct msiv2_key_info **out, struct msiv2_error *err);

#endif
