/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: hands out tokens in their last five minutes (TOK-02). */

#include "ref/grant.h"

bool __real_grant_is_usable(const struct grant *grant, int64_t now_s);
bool __wrap_grant_is_usable(const struct grant *grant, int64_t now_s);

bool __wrap_grant_is_usable(const struct grant *grant, int64_t now_s)
{
	return grant_expires_on(grant) > now_s || __real_grant_is_usable(grant, now_s);
}
