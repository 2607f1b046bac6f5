/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: presents a bound token as a bearer one (TOK-03). */

#include "ref/grant.h"

const char *__wrap_grant_type(const struct grant *grant);

const char *__wrap_grant_type(const struct grant *grant)
{
	(void)grant;
	return "Bearer";
}
