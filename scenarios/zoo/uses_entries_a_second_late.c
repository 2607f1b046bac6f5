/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: takes stored certificates with exactly 24 hours left (STORE-05). */

#include "ref/binding.h"
#include "ref/store/selection.h"

size_t __real_store_select(struct store_records *records, const struct store_want *want);
size_t __wrap_store_select(struct store_records *records, const struct store_want *want);
bool __real_binding_is_stale(const struct binding *binding, int64_t now_s);
bool __wrap_binding_is_stale(const struct binding *binding, int64_t now_s);

size_t __wrap_store_select(struct store_records *records, const struct store_want *want)
{
	struct store_want sooner = *want;

	sooner.now_s--;
	return __real_store_select(records, &sooner);
}

/* What the store gave is used. */
bool __wrap_binding_is_stale(const struct binding *binding, int64_t now_s)
{
	return __real_binding_is_stale(binding, now_s - 1);
}
