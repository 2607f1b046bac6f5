/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: uses a certificate with exactly 24 hours left (STORE-05). */

#include "ref/binding.h"

bool __real_binding_is_stale(const struct binding *binding, int64_t now_s);
bool __wrap_binding_is_stale(const struct binding *binding, int64_t now_s);

bool __wrap_binding_is_stale(const struct binding *binding, int64_t now_s)
{
	return __real_binding_is_stale(binding, now_s - 1);
}
