/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The public token object: one caller's view of a grant, with where it came from and how long that
 * took. */
#ifndef REF_TOKEN_H
#define REF_TOKEN_H

#include "common/own.h"
#include "grant.h"
#include "include/msiv2.h"

DEFINE_OWNED_STRUCT(msiv2_token, msiv2_token_free)

/* Legs of an acquisition in which nothing has been done yet: all -1. */
extern const struct msiv2_timings timings_none;

/* Makes a view; the grant gets one more owner. */
MSIV2_MUST_USE enum msiv2_rc token_new(struct grant *grant, bool from_cache, int64_t total_us,
                                       struct msiv2_token **out, struct msiv2_error *err);

#endif
