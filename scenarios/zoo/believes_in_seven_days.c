/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes every certificate to live seven days (ISSUE-03). */

#include "ref/renewal.h"

enum renewal_age __real_renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s);
enum renewal_age __wrap_renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s);

enum renewal_age __wrap_renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s)
{
	(void)not_after_s;
	return __real_renewal_age(not_before_s, not_before_s + INT64_C(7) * 24 * 60 * 60, now_s);
}
