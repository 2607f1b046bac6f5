/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: waits with renewing until the certificate is stale (LIFE-02). */

#include "ref/renewal.h"

enum renewal_age __real_renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s);
enum renewal_age __wrap_renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s);

enum renewal_age __wrap_renewal_age(int64_t not_before_s, int64_t not_after_s, int64_t now_s)
{
	enum renewal_age age = __real_renewal_age(not_before_s, not_after_s, now_s);

	return age == RENEWAL_DUE ? RENEWAL_FRESH : age;
}
