/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: gives up certificates an hour before they are stale (STORE-02). */

#include "ref/binding.h"

bool __real_binding_is_stale(const struct binding *binding, int64_t now_s);
bool __wrap_binding_is_stale(const struct binding *binding, int64_t now_s);

bool __wrap_binding_is_stale(const struct binding *binding, int64_t now_s)
{
	return __real_binding_is_stale(binding, now_s + 3600);
}
